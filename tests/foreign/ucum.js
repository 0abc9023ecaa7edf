// Reads a JSON list of units from standard input and writes, for each, what the National Library of Medicine's
// UCUM library says of it: "valid", "invalid" or "error". Nothing is fetched.
const { UcumLhcUtils } = require("@lhncbc/ucum-lhc");
const utils = UcumLhcUtils.getInstance();
let text = "";
process.stdin.on("data", (part) => (text += part));
process.stdin.on("end", () => {
  const answers = {};
  for (const unit of JSON.parse(text)) answers[unit] = utils.validateUnitString(unit).status;
  process.stdout.write(JSON.stringify(answers));
});

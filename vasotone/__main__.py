"""python -m vasotone"""

from vasotone.cli import run

run()

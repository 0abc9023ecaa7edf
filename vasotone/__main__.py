"""python -m vasotone"""

import sys

from vasotone.cli import main

sys.exit(main())

"""What records of a family of ledgers need beside what their columns tell: a module a family, found by itself.

from tests.contract.world import Side, Values, fills

@fills(Drill)
def _(side: Side, number: int, given: Values) -> Values:
    return {"section": side.section}
"""

from importlib import import_module
from pkgutil import iter_modules

for found in iter_modules(__path__):
    import_module(f"{__name__}.{found.name}")

from tests.worlds import _no_waiting, hub, region, sandbox

__all__ = ["_no_waiting", "hub", "region", "sandbox"]

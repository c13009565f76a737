from tests.world.digests.world import set_up_place
from tests.world.places import placed

place = placed(set_up_place)

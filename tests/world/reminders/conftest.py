from tests.world.places import placed
from tests.world.reminders.stage import set_up_place

place = placed(set_up_place)

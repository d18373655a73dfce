from hwlib.regions._enumerate import count_regions, enumerate_regions, iterate_regions, sample_regions, slice_network
from hwlib.regions._result import Region, Regions

"""What this library costs, beside its peers and the floor: `make bench`."""

"""The drivers that ship. Any other may lie anywhere Python finds it; a device names its own as `module:Class`."""

"""Figures as ratios: ours and the limit of the hardware and libraries, measured in the same run (`make bench`).

Absolute times on a shared machine wander by a factor of ten within an hour; ratios of CPU time in one process
held within 5 %. So every row is a ratio, of medians of interleaved rounds.
"""

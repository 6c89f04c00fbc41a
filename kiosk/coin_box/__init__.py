"""A simulated coin box (コインボックス): a product of its own with a small loopback service and page.

It takes 10, 50, 100 and 500 yen coins and 1,000 yen notes, gives change from its own stock, can jam, and
remembers every payment over a power cut, as the real thing would. No real money machine is controlled.
"""

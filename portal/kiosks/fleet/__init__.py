"""The kiosks as staff see them: how each one is, what is wrong, who took it out of service, what its money came to.

用語: 警報 alarm, 休止 out of service, 日次締め daily closing. Machines tell their state with each heartbeat; alarms open and
end by themselves, and a member of staff says that they have seen one.
Doors: /staff/kiosks; `service` (heard, told), `closing`. Tables: kiosk_controls, kiosk_alarms, kiosk_closings.
"""

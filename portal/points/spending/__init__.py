"""特典 spending points: a catalogue of the city's rewards, coupons with a code of one minute, donations.

用語: 特典 reward, クーポン coupon, 寄付 donation.
Doors within the room: service (offers, redeem, use, give back), donating (of many in one transaction), catalogue (a file
of rewards), codes (what a coupon's QR says, checked without the network), fees (a certificate's fee at a kiosk; joined with
its order by kiosks), desk_check (a program for desks without network), clashes (coupons two of them took).
A coupon that came back is taken by what its holder shows from then on, never by its number.
Tables: point_rewards, point_coupons, point_coupon_clashes. What a reward costs goes into the account `reward <code>`, a
donation into `donation <code>`; what paid a fee goes on from there to `fees certificates`.
"""

-- What the shop has: a list of { id, title, price = cents, about }.

return {
  { id = "compass", title = "Compass", price = 4900, about = "Shows north. Where you want to go it leaves to you." },
  { id = "rope", title = "Rope, 20 m", price = 2850, about = "Soft to the hand, and holds half a ton." },
  { id = "lantern", title = "Lantern", price = 3600, about = "Burns the whole night, also in the rain." },
  { id = "chart", title = "Chart of the Isles", price = 1990, about = "Printed on linen. Coffee can be wiped off." },
  { id = "whistle", title = "Whistle", price = 450, about = "Is heard a mile away, against the wind." },
  { id = "knife", title = "Knife", price = 2700, about = "Has a spike for knots, and floats." },
}

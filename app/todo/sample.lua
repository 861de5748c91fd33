-- Things to do on a boat, as many as wanted: each kind of work at each place, over and over, due on a day of its own or on none.

local sample = {}

local WORK = { "Clean", "Paint", "Grease", "Check", "Replace", "Measure", "Photograph" }
local PLACES = { "the anchor", "the bilge", "the compass", "the deck", "the engine", "the fenders", "the galley", "the hatches", "the keel",
  "the mast", "the rudder", "the sails", "the winches" }

---A list of { id, title, done, due } by id; due is a date such as "2027-03-09", or "".
---@param n integer
---@return table[]
function sample.make(n)
  local rows = {}
  for id = 1, n do
    local title = ("%s %s"):format(WORK[id % #WORK + 1], PLACES[id % #PLACES + 1])
    if id > #WORK * #PLACES then title = ("%s, round %d"):format(title, id // (#WORK * #PLACES) + 1) end
    local due = id % 3 == 0 and "" or ("2027-%02d-%02d"):format(id * 7 % 12 + 1, id * 11 % 28 + 1)
    rows[id] = { id = id, title = title, done = id % 4 == 0, due = due }
  end
  return rows
end

return sample

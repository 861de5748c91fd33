-- People who do not exist, the same ones each time: a row is { id =, name =, city =, team =, joined = a year }.

local people = {}

local FIRST = { "Ada", "Bela", "Cara", "Dario", "Edda", "Finn", "Gita", "Hugo", "Ines", "Jonas", "Kaja", "Levi", "Mira", "Nils", "Olga",
  "Piet", "Rosa", "Sven", "Tilda", "Uwe", "Vera", "Willa", "Yara", "Zeno", "Åsa" }
local LAST = { "Abel", "Brandt", "Castell", "Dahl", "Engel", "Falk", "Grün", "Holm", "Ibsen", "Jensen", "Krog", "Lund", "Moreau", "Nowak",
  "Ortega", "Pohl", "Quist", "Ritter", "Strand", "Thoma", "Ulrich", "Vinter", "Wolf", "Young", "Zander" }
local CITY = { "Aarhus", "Bergen", "Cork", "Delft", "Emden", "Faro", "Gdynia", "Husum" }
local TEAM = { "Boats", "Harbour", "Lights", "Pilots", "Rescue" }

local INITIAL = "ABCDEFGHIJKLMNOP" -- with as many the names are 25 * 25 * 16 = 10,000

-- The i-th person, with a name of its own; the other steps have no factor in common, so that the rows look mixed.
local function person(i)
  local n, initial = (i - 1) // #INITIAL, (i - 1) % #INITIAL + 1
  return {
    id = i,
    name = ("%s %s. %s"):format(FIRST[n % #FIRST + 1], INITIAL:sub(initial, initial), LAST[n // #FIRST % #LAST + 1]),
    city = CITY[i * 5 % #CITY + 1],
    team = TEAM[(i + i // 8) % #TEAM + 1],
    joined = 1990 + i * 11 % 35,
  }
end

function people.make(n)
  local rows = {}
  for i = 1, n do rows[i] = person(i) end
  return rows
end

return people

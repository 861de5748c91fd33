--- chance.lua: what would differ between two runs in one order: the numbers that `math.random` draws, and how `pairs` and `next` walk
--- a plain table.
--
-- Lua orders the string keys of a table by a number that it draws when it starts. In the specs' orders, where a run has to come again,
-- an app and its specs walk such a table by its keys: numbers, false and true, texts; then keys that are tables or functions, which
-- have no order. May use: where.

local where = require "tidelock.where"

where.register()

local chance = {}

-- Numbers -----------------------------------------------------------------------------------------

local drawn = false -- since `begin`

local random = math.random

local function noticed_random(...)
  drawn = true
  return random(...)
end

-- Tables ------------------------------------------------------------------------------------------

local raw_next, raw_pairs = next, pairs

local RANK <const> = { number = 1, boolean = 2, string = 3 }

local function precedes(a, b)
  local kind, other = type(a), type(b)
  if kind ~= other then return RANK[kind] < RANK[other] end
  if kind == "boolean" then return not a and b end
  return a < b
end

-- The keys of a table as they are walked, and a list of those that have an order; nil: Lua's own order is always the same.
local function sorted_keys(t)
  local keys, others, texts = {}, {}, false
  for key in raw_next, t do
    local kind = type(key)
    texts = texts or kind == "string"
    local list = RANK[kind] and keys or others
    list[#list + 1] = key
  end
  if not texts then return nil end
  table.sort(keys, precedes)
  return table.move(others, 1, #others, #keys + 1, keys)
end

-- What is taken away during a walk does not come.
local function walk(t, keys)
  local i = 0
  return function()
    while true do
      i = i + 1
      local key = keys[i]
      if key == nil then return nil end
      local v = rawget(t, key)
      if v ~= nil then return key, v end
    end
  end
end

-- Values that say themselves how they are walked.
local function is_other(t)
  if type(t) ~= "table" then return type(t) == "userdata" end
  local meta = debug.getmetatable(t)
  return type(meta) == "table" and rawget(meta, "__pairs") ~= nil
end

local function sorted_pairs(t)
  if is_other(t) then return raw_pairs(t) end
  if type(t) ~= "table" then error(("bad argument #1 to 'pairs' (table expected, got %s)"):format(type(t)), 2) end
  local keys = sorted_keys(t)
  if not keys then return raw_next, t, nil end
  return walk(t, keys), t, nil
end

-- Where each walk by `next` is: table -> { keys =, at = }
local walks = setmetatable({}, { __mode = "k" })

local function place_in(t, key)
  local known = walks[t]
  if known and known.keys[known.at] == key then return known.keys, known.at end
  local keys = sorted_keys(t)
  if not keys then return nil end
  for i, other in ipairs(keys) do
    if other == key then return keys, i end
  end
  error("invalid key to 'next'", 3)
end

local function sorted_next(t, key)
  if type(t) ~= "table" then error(("bad argument #1 to 'next' (table expected, got %s)"):format(type(t)), 2) end
  if raw_next(t) == nil then return nil end
  local keys, at
  if key == nil then keys, at = sorted_keys(t), 0 else keys, at = place_in(t, key) end
  if not keys then return raw_next(t, key) end
  repeat at = at + 1 until keys[at] == nil or rawget(t, keys[at]) ~= nil
  walks[t] = keys[at] ~= nil and { keys = keys, at = at } or nil
  return keys[at], rawget(t, keys[at])
end

-- For the runner ------------------------------------------------------------------------------------

---What an app, or a spec, finds under these names in a run that has to come again.
chance.globals = { pairs = sorted_pairs, next = sorted_next }

---From now on it is noticed when a number is drawn. Once, before any spec is loaded.
function chance.watch()
  math.random = noticed_random -- luacheck: ignore
end

---A run begins: `math.random` draws from a seed.
---@param seed integer
function chance.begin(seed)
  drawn = false
  math.randomseed(seed)
end

---Whether a number was drawn since then.
---@return boolean
function chance.was_asked()
  return drawn
end

return chance

--- schedules.lua: `tidelock test --schedules N`: one test in many orders, and the shortest order in which it fails.
--
-- An order is { seed = n }, drawn from a number, or { deviations = { point, choice, ... }, random = n|nil }: the ordinary one but for these
-- points; `math.random` draws from n. A point is a place where more than one task was ready, counted from 1; choice 0 is what the
-- ordinary order takes. Knows no test: `attempt` runs it once. May use: chance, native, where.

local chance = require "tidelock.chance"
local native = require "tidelock.native"
local where = require "tidelock.where"

where.register()

local schedules = {}

---How late a timer may fire, so that those of almost one time come in any order. Seconds.
schedules.WINDOW = 0.001

-- Orders ----------------------------------------------------------------------------------------

---The next app runs in this order.
---@param order { seed: integer }|{ deviations: integer[], random: integer|nil }
function schedules.begin(order)
  if order.seed then
    native.seed(order.seed, schedules.WINDOW)
  else
    native.deviate(order.deviations, schedules.WINDOW)
  end
  chance.begin(order.seed or order.random or 0)
end

---What an order is called on the command line.
---@param order { seed: integer }|{ deviations: integer[], random: integer|nil }
---@return string
function schedules.name(order)
  if order.seed then return tostring(order.seed) end
  local parts = {}
  for i = 1, #order.deviations, 2 do parts[#parts + 1] = order.deviations[i] .. ":" .. order.deviations[i + 1] end
  local name = #parts == 0 and "0" or table.concat(parts, ",")
  return order.random and name .. "/" .. order.random or name
end

local function number(digits) return math.tointeger(tonumber(digits)) end

-- The deviations of "0" or "4:1,9:2"; nil for anything else.
local function parse_deviations(text)
  local list, last = {}, 0
  if text == "0" then return list end
  for part in (text .. ","):gmatch "([^,]*)," do
    local point, choice = part:match "^(%d+):(%d+)$"
    point, choice = point and number(point), choice and number(choice)
    if not point or not choice or point <= last then return nil end
    list[#list + 1], list[#list + 2], last = point, choice, point
  end
  return list
end

---The order of that name, or nil.
---@param name string "17", "4:1,9:2", or "4:1,9:2/17" where `math.random` draws from 17
function schedules.parse(name)
  local seed = name:match "^%d+$" and number(name)
  if seed and seed ~= 0 then return { seed = seed } end
  local text, random = name:match "^([%d:,]+)/(%d+)$"
  if text and not number(random) then return nil end
  local deviations = parse_deviations(text or name)
  return deviations and { deviations = deviations, random = random and number(random) }
end

-- Shrinking -------------------------------------------------------------------------------------

local TRIES <const> = 3000
local TIME <const> = 1.5 -- seconds

---@class tl.Try
---@field ok boolean
---@field message string|nil
---@field trace table|nil
---@field deviations integer[] what deviated
---@field widths integer[] of each point, how many tasks were ready

local function size(try) return #try.deviations // 2 end

local function without(list, from, n)
  local out = {}
  for i = 1, #list, 2 do
    local at = (i + 1) // 2
    if at < from or at >= from + n then out[#out + 1], out[#out + 2] = list[i], list[i + 1] end
  end
  return out
end

-- Leaves out parts, halves first, as long as it still fails.
local function thin_out(best, fails)
  local n = math.max(1, size(best) // 2)
  while size(best) > 0 do
    local from, smaller = 1, false
    while from <= size(best) do
      local try = fails(without(best.deviations, from, n))
      if try and size(try) < size(best) then
        best, smaller = try, true
      else
        from = from + n
      end
    end
    if n == 1 and not smaller then break end
    if not smaller or n > size(best) then n = math.max(1, n // 2) end
  end
  return best
end

-- All orders of one deviation, then of two.
local function search_few(best, ordinary, fails)
  local function each(widths, first, head)
    for point = first, #widths do
      for choice = 1, widths[point] - 1 do
        local list = table.move(head, 1, #head, 1, {})
        list[#list + 1], list[#list + 2] = point, choice
        local try, tried = fails(list)
        if try then return try end
        if not tried then return nil end
        if #head == 0 and size(best) > 2 then head.later[#head.later + 1] = tried end
      end
    end
  end
  local singles = { later = {} }
  if size(best) < 2 then return best end
  local found = each(ordinary.widths, 1, singles)
  if found then return found end
  for _, single in ipairs(singles.later) do
    local head = single.deviations
    if #head == 2 then
      found = each(single.widths, head[1] + 1, { head[1], head[2] })
      if found then return found end
    end
  end
  return best
end

---The order with the fewest deviations that was found to fail, within a limit of tries and time.
---@param failed tl.Try
---@param ordinary tl.Try which passed
---@param attempt fun(order: table): tl.Try
---@param random integer|nil from which `math.random` draws; nil: what it gives does not matter
---@return tl.Try
function schedules.shrink(failed, ordinary, attempt, random)
  local tries, start = 0, os.clock()
  -- The try when it fails, and the try; nothing when there is no more time.
  local function fails(deviations)
    if tries >= TRIES or os.clock() - start > TIME then return nil, nil end
    tries = tries + 1
    local try = attempt { deviations = deviations, random = random }
    return not try.ok and try or nil, try
  end
  local again = fails(failed.deviations)
  if not again then return failed end
  return search_few(thin_out(again, fails), ordinary, fails)
end

return schedules

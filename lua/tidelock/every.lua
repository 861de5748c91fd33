--- every.lua: `tl.every`: calls a function at a beat. May use: kinds, native, where.

local kinds = require "tidelock.kinds"
local native = require "tidelock.native"
local where = require "tidelock.where"

where.register()

-- A beat that is less than this part of the time between two late counts as in time: clocks are floats.
local SLACK <const> = 1e-6

---Calls fn(n) each `seconds`, the first time after that time, until it returns false; n counts the beats. Beats are counted from
---the start, so they do not drift. One that comes while fn still runs is skipped: fn is called at the next one, whose n tells how
---many there were. Runs in the task that calls it, and raises what fn raises.
---@param seconds number above 0
---@param fn fun(n: integer): any
local function every(seconds, fn)
  if type(seconds) ~= "number" or not (seconds > 0 and seconds <= 1e9) then
    native.raise("TypeError", ("tl.every(s, fn): seconds are a number above 0, up to 1e9, not %s"):format(kinds.describe(seconds)))
  end
  if type(fn) ~= "function" then native.raise("TypeError", ("tl.every(s, fn): a function is needed, not %s"):format(kinds.describe(fn))) end
  local start, n = native.now(), 0
  repeat
    n = math.max(n + 1, math.ceil((native.now() - start) / seconds - SLACK))
    native.sleep(math.max(0, start + n * seconds - native.now()))
  until fn(n) == false
end

return every

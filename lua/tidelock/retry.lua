--- retry.lua: `tl.retry`: calls a function again when it fails, with longer and longer pauses. May use: kinds, native, where.

local kinds = require "tidelock.kinds"
local native = require "tidelock.native"
local where = require "tidelock.where"

where.register()

local function is_count(v) return math.type(v) == "integer" and v >= 1 end
local function is_seconds(v) return type(v) == "number" and v >= 0 and v <= 1e9 end

local OPTIONS <const> = {
  times = { is_count, "an integer from 1" },
  delay = { is_seconds, "seconds from 0 to 1e9" },
  factor = { function(v) return type(v) == "number" and v >= 1 and v < math.huge end, "a number from 1" },
  max = { is_seconds, "seconds from 0 to 1e9" },
  jitter = { function(v) return type(v) == "boolean" end, "true or false" },
  when = { function(v) return type(v) == "function" end, "a function" },
}

local function fail(fmt, ...) native.raise("TypeError", "tl.retry(options, fn, ...): " .. fmt:format(...)) end

local function checked(opts)
  if is_count(opts) then return { times = opts } end
  if type(opts) ~= "table" then fail("the options are a table, or the number of times, not %s", kinds.describe(opts)) end
  for key, value in pairs(opts) do
    local option = OPTIONS[key]
    if not option then fail("there is no option %s; there are times, delay, factor, max, jitter, when", tostring(key)) end
    if not option[1](value) then fail("%s is %s, not %s", key, option[2], kinds.describe(value)) end
  end
  return opts
end

-- With jitter the half of it is left to chance, so that many who failed together do not come back together.
local function pause_of(opts, attempt)
  local pause = math.min(opts.max or 30, (opts.delay or 0.2) * (opts.factor or 2) ^ (attempt - 1))
  if opts.jitter == false then return pause end
  return pause * (0.5 + math.random() / 2)
end

local function attempt(opts, n, fn, ...)
  local results = table.pack(xpcall(fn, native.keep_traceback, ...))
  if results[1] then return results end
  local err = results[2]
  if n == (opts.times or 3) or native.is_error(err, "CancelledError") then error(err, 0) end
  if opts.when and not opts.when(err, n) then error(err, 0) end
  native.sleep(pause_of(opts, n))
end

---Calls fn(...) and gives its results. When it raises, calls it again after a pause, `times` times in all; then its last error is
---raised. A CancelledError is raised at once.
---@param opts table|integer times (3), delay: the first pause (0.2 s), factor: by which each is longer than the one before (2), max:
---       the longest (30 s), jitter: leave half of it to chance (true), when: fun(err, attempt): again? Or the number of times
---@param fn fun(...): any
---@param ... any
---@return any ... results those of `fn`
local function retry(opts, fn, ...)
  opts = checked(opts)
  if type(fn) ~= "function" then fail("a function is needed, not %s", kinds.describe(fn)) end
  for n = 1, math.huge do
    local results = attempt(opts, n, fn, ...)
    if results then return table.unpack(results, 2, results.n) end
  end
end

return retry

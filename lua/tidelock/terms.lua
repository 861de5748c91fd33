--- terms.lua: the options of tl.background, as the host takes them (host/lua/policy.c).
-- May use: kinds, native, options.

local kinds = require "tidelock.kinds"
local native = require "tidelock.native"
local options = require "tidelock.options"

local terms = {}

local policies = { parallel = true, drop = true, restart = true, queue = true }

local function check_seconds(what, s)
  if type(s) ~= "number" or not (s > 0 and s <= 1e9) then
    native.raise("TypeError", ("tl.background: %s is a number of seconds above 0, not %s"):format(what, kinds.describe(s)))
  end
  return s
end

-- -> seconds that a task may go on without a page, does it keep its tab
local function on_disconnect(value)
  if value == "keep" then return nil, true end
  if value == "cancel" then return 0 end
  if type(value) == "table" and not kinds.of(value) then
    local opts = options.check("tl.background: on_disconnect", value, { grace = true })
    return check_seconds("the grace of on_disconnect", opts.grace)
  end
  native.raise("TypeError", ('tl.background: on_disconnect is "keep", "cancel" or {grace=seconds}, not %s'):format(kinds.describe(value)))
end

---Raises for wrong ones.
---@param opts table
---@return { policy: string, key: function|nil, timeout: number|nil, grace: number|nil, keep: boolean|nil }
function terms.check(opts)
  local given = { policy = opts.policy or "parallel", key = opts.key, timeout = opts.timeout }
  if not policies[given.policy] then
    native.raise("TypeError", ('tl.background: policy is "parallel", "drop", "restart" or "queue", not %s'):format(kinds.describe(opts.policy)))
  end
  if opts.key ~= nil and type(opts.key) ~= "function" then
    native.raise("TypeError", ("tl.background: key is a function(self, ...) that returns what tells tasks apart, not %s"):format(kinds.describe(opts.key)))
  end
  if opts.timeout ~= nil then check_seconds("timeout", opts.timeout) end
  if opts.on_disconnect ~= nil then given.grace, given.keep = on_disconnect(opts.on_disconnect) end
  return given
end

return terms

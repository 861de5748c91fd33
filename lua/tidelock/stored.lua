--- stored.lua: vars that the browser keeps: the options of tl.var{ in_client = ... }.
--
-- What is kept, and what of a browser's is taken, is C (host/lua/stored.c, host/runtime/kept.c). May use: native.

local native = require "tidelock.native"

local stored = {}

local kinds = { cookie = true, ["local"] = true, session = true }
local same_sites = { lax = "Lax", strict = "Strict", none = "None" }

local YEAR <const> = 365 * 24 * 3600

-- Each option besides in_client: for which kind (nil: all), what it is, and how that is said.
local options = {
  name = { fits = function(v) return type(v) == "string" and v:match "^[%w!#$&'*+.^_`|~-]+$" and #v <= 200 end,
    say = "letters, digits and any of .-_, at most 200" },
  sync = { only = "local", fits = function(v) return type(v) == "boolean" end, say = "true or false" },
  max_age = { only = "cookie", fits = function(v) return math.type(v) == "integer" and v > 0 or v == false end,
    say = "a whole number of seconds, or false: until the browser is closed" },
  path = { only = "cookie", fits = function(v) return type(v) == "string" and v:match "^/[^;%c]*$" end, say = "a path, from /" },
  same_site = { only = "cookie", fits = function(v) return same_sites[v] end, say = "\"lax\", \"strict\" or \"none\"" },
  secure = { only = "cookie", fits = function(v) return type(v) == "boolean" end, say = "true or false" },
}

local function fail(...) native.raise("TypeError", "tl.var: " .. string.format(...)) end

---The names of the options are added to those that are there.
---@param known table<string, true>
function stored.options(known)
  known.in_client = true
  for name in pairs(options) do known[name] = true end
  return known
end

local function shown(v) return type(v) == "string" and ("%q"):format(v) or tostring(v) end

local function check_option(name, value, kind)
  local option = options[name]
  if not kind then fail("%s is for a var that the browser keeps; give in_client as well", name) end
  if option.only and option.only ~= kind then fail("%s is for in_client = \"%s\", not \"%s\"", name, option.only, kind) end
  if not option.fits(value) then fail("%s is %s, not %s", name, option.say, shown(value)) end
end

-- Names that the host and the page use themselves.
local function is_own(name) return name:match "^tidelock[._]" ~= nil end

---What was asked for with in_client; nil: nothing. Raises.
---@param opts table of tl.var
---@return table|nil
function stored.check(opts)
  local kind = opts.in_client
  if kind ~= nil and not kinds[kind] then fail("in_client is \"cookie\", \"local\" or \"session\", not %s", shown(kind)) end
  local names = {}
  for name in pairs(options) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    if opts[name] ~= nil then check_option(name, opts[name], kind) end
  end
  if opts.name and is_own(opts.name) then fail("name: %s is one of the host's own; take another", shown(opts.name)) end
  if opts.same_site == "none" and opts.secure == false then fail "same_site = \"none\" is for secure cookies only; leave secure out" end
  return kind and opts
end

-- What the page has to know of a var (docs/protocol.md, section 6).
local function for_page(class, name, opts)
  local out = native.map {}
  local of_type = native.var_type(class, name)
  if of_type == "string" then out.text = true end
  if opts.sync then out.sync = native.class_name(class) .. "." .. name end
  if opts.in_client == "cookie" then
    if opts.max_age ~= false then out.max_age = opts.max_age or YEAR end
    out.path = opts.path or "/"
    out.same_site = same_sites[opts.same_site or "lax"]
    if opts.same_site == "none" then out.secure = true else out.secure = opts.secure end
  end
  return native.json_encode(out)
end

---Declares that the browser keeps a var of a class.
---@param class userdata
---@param name string
---@param opts table as `stored.check` gives it
function stored.declare(class, name, opts)
  local key = opts.name or native.class_name(class) .. "." .. name
  local number = native.class_stored(class, name, opts.in_client, key, for_page(class, name, opts))
  if opts.sync then
    native.class_sync(class, name, function(self, value) self[name] = native.synced(self, number, value) end)
  end
end

return stored

--- blocking.lua: calls that stop the whole host for a while of real time. In a spec, whose time is virtual, an app that makes one is
-- told what to use. May use: complaints, native, where.

local complaints = require "tidelock.complaints"
local native = require "tidelock.native"
local where = require "tidelock.where"

where.register()

local blocking = {}

---Set by the driver: whether the app runs just now, and not the spec itself. nil: no specs are run.
---@type nil|fun(): boolean
blocking.in_app = nil

local LONG <const> = 0.5 -- seconds

---Raises, in a spec, when the app calls this, and fails the spec.
---@param name string
---@param instead string what to use
function blocking.refuse(name, instead)
  if not (blocking.in_app and blocking.in_app()) then return end
  local text = ("%s stops the host and all its tabs, and takes real time, which a spec has none of; %s lets the others go on"):format(name, instead)
  complaints.add(("%s: %s"):format(where.here(), text))
  native.raise("BlockingError", text)
end

-- A function that fails the spec when it takes long in the app.
local function timed(name, fn)
  return function(...)
    if not blocking.in_app() then return fn(...) end
    local start = native.real_now()
    local results = table.pack(fn(...))
    local seconds = native.real_now() - start
    if seconds >= LONG then
      complaints.add(("%s: %s has stopped the host and all its tabs for %.1f s; luv.spawn and tl.work let the others go on"):format(
        where.here(), name, seconds))
    end
    return table.unpack(results, 1, results.n)
  end
end

-- Of luasocket and luasec: functions that block, and what to use.
local known = {
  socket = { sleep = "tl.sleep", select = "tl.sleep" },
  ["socket.http"] = { request = "tl.http" },
  ["ssl.https"] = { request = "tl.http" },
}

local watched = setmetatable({}, { __mode = "k" }) -- modules whose functions are replaced

local function watch_module(module, names, prefix)
  if type(module) ~= "table" or watched[module] or not package.loaded["socket.core"] then return end -- else it is the app's own
  watched[module] = true
  for name, instead in pairs(names) do
    local fn = rawget(module, name)
    if type(fn) == "function" then
      rawset(module, name, function(...)
        blocking.refuse(prefix .. "." .. name, instead)
        return fn(...)
      end)
    end
  end
end

---Looks from now on at what is loaded of those. For the driver.
function blocking.watch()
  if not watched[os] then
    watched[os] = true
    rawset(os, "execute", timed("os.execute", os.execute))
  end
  for name, names in pairs(known) do watch_module(package.loaded[name], names, name) end
end

return blocking

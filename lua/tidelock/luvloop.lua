-- luvloop.lua: what `require "luv"` gives inside the host: libuv's handles on the host's own loop. Handles are noted when they are made, so that
-- the host can close them before Lua goes; what would run, stop or close the loop itself raises. May use: blocking, where, the raw luv.

local blocking = require "tidelock.blocking"
local where = require "tidelock.where"

where.register()

-- Threads and work are no handles: luv cannot close them.
local function makes_handle(name)
  return name == "spawn" or name:find "^new_" and name ~= "new_thread" and name ~= "new_work"
end

local function wrap(raw)
  local luv = setmetatable({}, { __index = raw })
  local handles = setmetatable({}, { __mode = "k" }) -- handle -> its number
  local places = setmetatable({}, { __mode = "k" }) -- handle -> the line that made it; in specs
  local of_app = setmetatable({}, { __mode = "k" }) -- handle -> whether a task of the app made it; in specs
  local last = 0

  local function noted(make)
    return function(...)
      local results = table.pack(make(...))
      if type(results[1]) == "userdata" then
        last = last + 1
        handles[results[1]] = last
        if blocking.in_app then places[results[1]], of_app[results[1]] = where.here(), blocking.in_app() end
      end
      return table.unpack(results, 1, results.n)
    end
  end

  for name, fn in pairs(raw) do
    if makes_handle(name) then luv[name] = noted(fn) end
  end

  for _, name in ipairs { "run", "stop", "loop_close", "loop_configure" } do
    luv[name] = function()
      error(("luv.%s: the loop is the host's; it runs as long as the host does"):format(name), 2)
    end
  end

  -- One that is closed, but not yet collected, luv no longer knows.
  local function is_open(handle)
    local known, closing = pcall(raw.is_closing, handle)
    return known and not closing
  end

  function luv.walk(fn)
    for handle in pairs(handles) do
      if is_open(handle) then fn(handle) end
    end
  end

  -- It would stop the host and all its tabs, and real time is none for a spec.
  function luv.sleep(ms)
    blocking.refuse("luv.sleep", "tl.sleep")
    return raw.sleep(ms)
  end

  local function described(handle)
    local kind = raw.handle_get_type(handle)
    return ("a luv handle: %s%s%s"):format(tostring(handle), places[handle] and ", made at " .. places[handle] or "",
      kind == "timer" and " (luv's timers run on real time; tl.sleep and tl.every run on that of a spec)" or "")
  end

  -- The open handles that are newer than `number`, and at work: what they will bring takes real time.
  function luv._active(number)
    local out = {}
    for handle, own in pairs(handles) do
      if own > number and is_open(handle) and raw.is_active(handle) then out[#out + 1] = described(handle) end
    end
    table.sort(out)
    return out
  end

  -- The number of the newest handle.
  function luv._newest() return last end

  -- Closes the open handles that are newer than `number` (0: all), and lists their kinds. `own_only`: those that the app's tasks made.
  function luv._close_newer(number, own_only)
    local closed = {}
    for handle, own in pairs(handles) do
      if own > number and is_open(handle) and (not own_only or of_app[handle]) then
        closed[#closed + 1] = described(handle)
        raw.close(handle)
      end
    end
    table.sort(closed)
    return closed
  end

  return luv
end

return wrap

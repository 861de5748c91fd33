-- luvloop.lua: what `require "luv"` gives inside the host: libuv's handles on the host's own loop. Handles are noted when they are made, so that
-- the host can close them before Lua goes; what would run, stop or close the loop itself raises. May use: the raw luv.

local function wrap(raw)
  local luv = setmetatable({}, { __index = raw })
  local handles = setmetatable({}, { __mode = "k" })

  local function noted(make)
    return function(...)
      local results = table.pack(make(...))
      if type(results[1]) == "userdata" then handles[results[1]] = true end
      return table.unpack(results, 1, results.n)
    end
  end

  for name, fn in pairs(raw) do
    if name:find "^new_" or name == "spawn" then luv[name] = noted(fn) end
  end

  for _, name in ipairs { "run", "stop", "loop_close", "loop_configure" } do
    luv[name] = function()
      error(("luv.%s: the loop is the host's; it runs as long as the host does"):format(name), 2)
    end
  end

  function luv.walk(fn)
    for handle in pairs(handles) do fn(handle) end
  end

  -- For the host's end: closes what is open.
  function luv._close_all()
    for handle in pairs(handles) do
      if not raw.is_closing(handle) then raw.close(handle) end
    end
  end

  return luv
end

return wrap

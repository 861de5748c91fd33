-- triggers.lua: triggers with each option of tl.on, and with several.
local tl = require "tidelock"
local ui = tl.ui

local Log = tl.state("Log", { lines = {}, n = tl.var { type = "integer", default = 0 }, x = tl.var { type = "number", default = 0 } })
function Log:add(what, value) self.lines:push(value and what .. " " .. value or what) end
Log.set_n, Log.set_x = Log:setter "n", Log:setter "x"
tl.expose(Log.set_n, Log.set_x)

tl.page("/", {}, function()
  return ui.main {
    ui.div { on_click = Log.add "outer", ui.button { "Inner", on_click = tl.on(Log.add "inner", { stop_propagation = true }) } },
    ui.a { "Stay", href = "/other", on_click = tl.on(Log.add "stay", { prevent_default = true }) },
    ui.button { "Live", on_click = tl.on(Log.add "live", { temporal = true }) },
    ui.button { "Late live", on_click = tl.on(Log.add "late", { temporal = true, debounce = 1 }) },
    ui.button { "Any", on_click = Log.add "any" },
    ui.input { id = "keys", on_key_down = {
      tl.on(Log.add "enter", { key = "Enter" }), tl.on(Log.add "escape", { key = "Escape", debounce = 1 }), Log.add "key",
    } },
    ui.button { "Both", on_click = tl.on({ tl.on(Log.add "now", { throttle = 1 }), Log.add "each" }, { temporal = true }) },
  }
end)

tl.page("/other", {}, function() return ui.main { ui.h1 "Other" } end)

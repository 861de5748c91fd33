-- Notes what triggers with options bring, and what is said of errors that the app has answered itself.

local tl = require "tidelock"
local ui = tl.ui

local Log = tl.state("Log", { lines = tl.list {} })

function Log:add(what, value) self.lines:push(value and what .. ":" .. value or what) end
function Log:fail(how) error(how, 0) end

tl.on_error(function(err)
  local how = tostring(err)
  if how == "by a toast" then return tl.toast("The app is sorry", { kind = "warning" }) end
  if how == "by an event" then return Log.add "answered" end
end)

tl.page("/", { title = "Triggers" }, function()
  return ui.main {
    ui.p { id = "lines", Log.lines:join " " },
    ui.input { id = "keys", on_key_down = {
      tl.on(Log.add "enter", { key = "Enter", prevent_default = true }), tl.on(Log.add "letter", { key = "a", prevent_default = true }),
    } },
    ui.div { id = "outer", on_click = Log.add "outer",
      ui.button { "Inner", on_click = tl.on(Log.add "inner", { stop_propagation = true }) }, ui.button { "Through", on_click = Log.add "through" },
    },
    ui.a { "Stay", href = "/other", on_click = tl.on(Log.add "stay", { prevent_default = true }) },
    ui.label { ui.input { type = "checkbox", id = "box", on_click = tl.on(Log.add "box", { prevent_default = true }) }, "Box" },
    ui.form { id = "form", on_key_down = tl.on(Log.add "form", { key = "Enter" }), on_submit = Log.add "submit",
      ui.input { id = "field", on_key_down = tl.on(Log.add "field", { key = "Enter", prevent_default = true, stop_propagation = true }) },
      ui.input { id = "plain" }, ui.button { "Send", id = "send" } },
    ui.button { "Temporal", on_click = tl.on(Log.add "temporal", { temporal = true }) },
    ui.button { "Kept", on_click = Log.add "kept" },
    ui.button { "Fail", on_click = Log.fail "not at all" }, ui.button { "Fail, toast", on_click = Log.fail "by a toast" },
    ui.button { "Fail, event", on_click = Log.fail "by an event" },
  }
end)

tl.page("/other", { title = "Other" }, function() return ui.main { ui.h1 "Other" } end)

-- kept.lua: vars that the browser keeps.
local tl = require "tidelock"
local ui = tl.ui

local Prefs = tl.state("Prefs", {
  theme = tl.var { default = "light", in_client = "local" },
  shared = tl.var { default = "a", in_client = "local", sync = true },
  size = tl.var { default = 10, in_client = "cookie", name = "a+size" },
  brief = tl.var { default = 0, in_client = "cookie", max_age = false, same_site = "strict", secure = false },
  draft = tl.var { type = "string", in_client = "session" },
  list = tl.var { type = "list", in_client = "local" },
})

function Prefs:write()
  self.theme, self.size, self.brief, self.draft = "dark", 12, 1, "Dear"
  self.list = { 1, { a = "ü" } }
end
function Prefs:share(v) self.shared = v end
function Prefs:clear() return tl.clear_local_storage(), tl.remove_cookie "a+size" end

tl.page("/", { title = "Prefs" }, function()
  return ui.main {
    ui.p { id = "all", Prefs.theme, " ", Prefs.size, " ", Prefs.brief, " ", Prefs.draft, " ", Prefs.list:length() },
    ui.p { id = "shared", Prefs.shared },
    ui.button { "Write", on_click = Prefs.write }, ui.button { "Share b", on_click = Prefs.share "b" },
    ui.button { "Share c", on_click = Prefs.share "c" }, ui.button { "Clear", on_click = Prefs.clear },
  }
end)

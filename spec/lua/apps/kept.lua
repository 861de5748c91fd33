-- kept.lua: vars that the browser keeps, of all kinds.
local tl = require "tidelock"
local ui = tl.ui

tl.config { storage_limit = 1000 }

local Prefs = tl.state("Prefs", {
  theme = tl.var { default = "light", in_client = "local" },
  size = tl.var { default = 10, in_client = "cookie", name = "size", max_age = 60 },
  draft = tl.var { type = "string", in_client = "session" },
  tags = tl.var { type = "list", in_client = "local" },
  opened = tl.var { default = tl.map {}, in_client = "local" },
  any = tl.var { default = {}, in_client = "local" },
  whole = tl.var { type = "integer", default = 1, in_client = "local" },
  shared = tl.var { default = "a", in_client = "local", sync = true },
  plain = "p",
  _secret = "s",
})

Prefs.shout = tl.computed(function(self) return self.theme:upper() end)

function Prefs:set(name, value) self[name] = value end
function Prefs:open(name) self.opened[name] = true end
function Prefs:fail()
  self.theme = "broken"
  error "no"
end
function Prefs:twice()
  self.theme = "one"
  coroutine.yield()
  self.theme = "two"
end
function Prefs:again() self:reset() end
function Prefs:clear()
  self.theme = "gone"
  return tl.clear_local_storage()
end
function Prefs:clear_first()
  coroutine.yield(tl.clear_local_storage())
  self.theme = "after"
end
function Prefs:forget() return tl.remove_cookie "size" end
Prefs.work = tl.background(function(self)
  for i = 1, 100 do
    tl.sleep(1)
    tl.with_state(self, function() self.theme = "t" .. i end)
    if i == 50 then coroutine.yield(tl.toast "half") end
  end
end)
tl.expose(Prefs.set, Prefs.open, Prefs.fail, Prefs.twice, Prefs.again, Prefs.clear, Prefs.clear_first, Prefs.forget, Prefs.work)

tl.page("/", { title = "Prefs" }, function()
  return ui.main { ui.p { id = "theme", Prefs.theme }, ui.p { id = "shout", Prefs.shout } }
end)

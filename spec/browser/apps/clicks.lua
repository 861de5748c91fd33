-- Notes each click, so that one which is lost or comes twice is to be seen.

local tl = require "tidelock"
local ui = tl.ui

local Clicks = tl.state("Clicks", { list = tl.list {} })

function Clicks:add(name)
  self.list:push(name)
  print("added " .. name)
end

function Clicks:slow(name)
  tl.sleep(0.4)
  self:add(name)
end

function Clicks:where() self:add(self.router.path) end

tl.page("/", { title = "Clicks" }, function()
  return ui.main {
    ui.p { id = "list", Clicks.list:join " " },
    ui.button { "a", on_click = Clicks.add "a" },
    ui.button { "b", on_click = Clicks.add "b" },
    ui.button { "slow", on_click = Clicks.slow "slow" },
    ui.button { "live only", on_click = tl.on(Clicks.add "live", { temporal = true }) },
    ui.button { "where", on_click = Clicks.where },
    ui.a { href = "/other", "other" },
  }
end)

tl.page("/other", { title = "Other" }, function()
  return ui.main { ui.h1 "Other", ui.p { id = "list", Clicks.list:join " " }, ui.button { "where", on_click = Clicks.where } }
end)

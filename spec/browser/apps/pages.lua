-- Several pages: titles that follow the state, a page with a parameter whose content comes late, a long list.

local tl = require "tidelock"
local ui = tl.ui

local Site = tl.state("Site", { name = "Isles", stops = tl.list {}, visits = tl.list {}, current = tl.map {} })

function Site:load()
  self.visits:push(self.router.path)
end

-- What makes the page long comes after the page itself.
function Site:load_list()
  self:load()
  self.stops = {}
  coroutine.yield()
  tl.sleep(0.15)
  self:fill()
end

function Site:clear()
  self:load()
  self.stops = {}
end

function Site:fill()
  for i = 1, 200 do self.stops[i] = { id = i, name = "Stop " .. i } end
end

function Site:load_stop()
  self:load()
  self.current = { id = self.router.params.id, name = "Stop " .. self.router.params.id }
end

function Site:rename(name)
  self.name = name
end

function Site:next_stop() -- luacheck: no self
  return tl.redirect "/stop/8"
end

tl.head { lang = "en", ui.meta { name = "description", content = "Isles & more" } }
tl.assets "public"

tl.page("/", { title = "All " .. Site.name, on_load = Site.load_list }, function()
  return ui.main {
    ui.h1 { Site.name },
    ui.input { id = "rename", ["aria-label"] = "Name", on_input = Site.rename },
    ui.p { id = "visits", Site.visits:join " " },
    ui.a { "The end", href = "#end" },
    ui.ul { ui.foreach(Site.stops, function(stop)
      return ui.li { ui.a { id = "to-" .. stop.id, stop.name, href = "/stop/" .. stop.id } }
    end, { key = "id" }) },
    ui.p { id = "end", "The end" },
  }
end)

-- Its list is there when somebody asks for it.
tl.page("/held", { on_load = Site.clear }, function()
  return ui.main {
    ui.h1 "Held", ui.button { "Fill", on_click = Site.fill },
    ui.ul { ui.foreach(Site.stops, function(stop) return ui.li { ui.a { id = "to-" .. stop.id, stop.name, href = "/stop/" .. stop.id } } end) },
  }
end)

tl.page("/stop/[id]", { title = ui.cond(Site.current.name, Site.current.name, "A stop"), on_load = Site.load_stop }, function()
  return ui.main {
    ui.h1 { Site.current.name },
    ui.button { "Next", on_click = Site.next_stop },
    ui.a { "Other", href = "/stop/9" }, ui.a { "All", href = "/" }, ui.a { "File", href = "/note.txt" },
  }
end)

tl.page("/untitled", function() return ui.main { ui.h1 "Untitled" } end)

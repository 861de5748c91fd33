-- page_spec.lua: routes, tl.page, tl.head, and the HTML of a page.
local native = require "tidelock.native"
local page = require "tidelock.page"
local route = require "tidelock.route"
local ui = require "tidelock.ui"

local real = { app_table = native.app_table, frozen = native.frozen, offer = native.offer, keyhint = native.keyhint }
local app, offers, hints

-- An app of tables only; the host's is not asked.
before_each(function()
  app, offers, hints = { frozen = false }, {}, {}
  native.app_table = function() return app end
  native.frozen = function() return app.frozen end
  native.offer = function(name) offers[#offers + 1] = name end
  native.keyhint = function(path, key) hints[#hints + 1] = table.concat(path, ".") .. "=" .. key end
end)

after_each(function()
  for name, fn in pairs(real) do native[name] = fn end
end)

local function event(name) return setmetatable({ handler = name }, { __tidelock = "event" }) end

local function fails(pattern, fn, ...)
  local ok, err = pcall(fn, ...)
  assert.is_false(ok, "it did not fail")
  assert.matches(pattern, tostring(err))
end

local function paragraph() return ui.p "x" end

describe("a route", function()
  local function match(text, path)
    return route.match(assert(route.parse(text)), route.segments(path))
  end

  -- holds: route.parameter, route.rest
  it("matches paths and gives parameters", function()
    assert.same({}, match("/", "/"))
    assert.same({}, match("/about", "/about/?x=1#y"))
    assert.same({ id = "a b" }, match("/post/[id]", "/post/a%20b"))
    assert.same({ rest = { "a", "b" } }, match("/docs/[[...rest]]", "/docs/a/b"))
    assert.same({ rest = {} }, match("/docs/[[...rest]]", "/docs"))
    assert.is_nil(match("/docs/[...rest]", "/docs"))
    assert.is_nil(match("/post/[id]", "/post"))
    assert.is_nil(match("/post/[id]", "/post/1/2"))
    assert.is_nil(match("/post", "/Post"))
  end)

  it("is refused when it is none", function()
    for _, text in ipairs { "about", "", "/a//b", "/a?b", "/[a", "/[a]b", "/[1]", "/[...rest]/x", "/[a]/[a]" } do
      assert.is_nil(route.parse(text), text)
    end
  end)

  it("goes before another: fixed, one, rest", function()
    for _, text in ipairs { "/[[...rest]]", "/post/[id]", "/post/[...rest]", "/post/new" } do
      page.page(text, paragraph)
    end
    page.finish(app)
    assert.equal("/post/new", page.lookup(app, "/post/new").route)
    assert.equal("/post/[id]", page.lookup(app, "/post/7").route)
    assert.equal("/post/[...rest]", page.lookup(app, "/post/7/8").route)
    assert.equal("/[[...rest]]", page.lookup(app, "/").route)
  end)
end)

describe("tl.page", function()
  it("gives a tree, a title and what is to load", function()
    page.page("/", { title = "Start", on_load = { event "Job.load" }, style = false }, function()
      return ui.main { ui.var("Job", "n") }
    end)
    page.finish(app)
    local entry = page.lookup(app, "/?x")
    assert.equal(200, entry.status)
    assert.equal("Start", entry.title)
    assert.is_false(entry.style)
    assert.equal("Job.load", entry.on_load[1].handler)
    assert.same({ "main", {}, { { ["$"] = "var", path = { "Job", "n" } } } }, native.json_decode(entry.json))
  end)

  it("offers the handlers of its triggers, not of on_load, and hints at keys", function()
    for _, text in ipairs { "/", "/b" } do
      page.page(text, { on_load = event "Job.load" }, function()
        local list = ui.foreach(ui.var("Job", "items"), function() return "" end, { key = "id" })
        return ui.p { on_click = event "Job.go", list }
      end)
    end
    page.finish(app)
    assert.same({ "Job.go" }, offers)
    assert.same({ "Job.items=id" }, hints)
  end)

  it("has a 404 page, the app's or its own", function()
    page.page("/", paragraph)
    page.finish(app)
    local entry = page.lookup(app, "/nope")
    assert.equal(404, entry.status)
    assert.equal("404", entry.route)
    assert.matches("Page not found", entry.json)
  end)

  -- holds: route.404
  it("takes the app's 404 page", function()
    page.page("404", { title = "Gone" }, paragraph)
    page.finish(app)
    assert.equal("Gone", page.lookup(app, "/404").title)
    assert.equal(404, page.lookup(app, "/404").status)
  end)

  it("is declared while main.lua loads, once", function()
    page.page("/post/[id]", paragraph)
    fails('"/post/%[slug%]" is declared already at .*page_spec.lua:%d+', page.page, "/post/[slug]", paragraph)
    app.frozen = true
    fails("while main.lua loads", page.page, "/x", paragraph)
    fails("while main.lua loads", page.head, {})
    app = nil
    fails("belongs into an app's main.lua", page.page, "/x", paragraph)
  end)

  it("is not declared by another page", function()
    page.page("/", function()
      page.page("/x", paragraph)
      return paragraph()
    end)
    fails("while main.lua loads", page.finish, app)
  end)

  it("refuses options that are none", function()
    fails("unknown option titel %(did you mean title%?%)", page.page, "/", { titel = "x" }, paragraph)
    fails("title is a string or a Var", page.page, "/", { title = 5 }, paragraph)
    fails("title: .* shows elements", page.page, "/", { title = ui.cond(ui.var("Job", "n"), ui.b "x") }, paragraph)
    fails("Job._n is a backend var", page.page, "/", { title = ui.var("Job", "_n") }, paragraph)
    fails("on_load is an event", page.page, "/", { on_load = print }, paragraph)
    fails("last argument is a function", page.page, "/", {})
    fails("begins with /", page.page, "x", paragraph)
  end)

  it("names page and line of what is wrong", function()
    page.page("/bad", function()
      local child = ui.p { on_clik = event "Job.go" }
      return child
    end)
    fails('page_spec.lua:%d+: ui.p: unknown trigger on_clik.*%(page "/bad"%)', page.finish, app)
  end)

  it("names page and function where a call leaves no line", function()
    page.page("/bad", function()
      return ui.p { true }
    end)
    fails('page_spec.lua:%d+: ui.p: a boolean is no child.*%(page "/bad"%)', page.finish, app)
  end)

  it("refuses tostring of a Var, which print and messages may show", function()
    assert.equal("Var Job.n", tostring(ui.var("Job", "n")))
    page.page("/bad", function()
      local n = ui.var("Job", "n")
      return ui.p { tostring(n) .. " of 5" }
    end)
    fails('page_spec.lua:%d+: tostring would give.*what Job.n is called.*%(page "/bad"%)', page.finish, app)
  end)

  it("refuses string.format of a Var", function()
    page.page("/bad", function()
      local n = ui.var("Job", "n")
      return ui.p { ("%s of 5"):format(n) }
    end)
    fails('page_spec.lua:%d+: string.format would write now.*Job.n:format%("...%%s..."%).*%(page "/bad"%)', page.finish, app)
  end)

  it("names the page of an error of Lua's", function()
    page.page("/bad", function()
      local nothing = nil
      return ui.p { nothing.x }
    end)
    fails('attempt to index a nil value.*%(page "/bad"%)', page.finish, app)
  end)

  it("wants an element", function()
    page.page("/", function() end)
    fails("returned nil, not an element", page.finish, app)
  end)
end)

describe("a page's HTML", function()
  local function html(opts)
    page.finish(app)
    return page.html(app, page.lookup(app, "/"), opts or {})
  end

  -- holds: http.page
  it("has head, root and data", function()
    page.page("/", { title = "A & <b>" }, function() return ui.p "</script><!--" end)
    local text = html { css = "/c.css", js = "/c.js", state_json = '{"Job":{"n":1}}', dev = true }
    assert.matches("^<!doctype html>", text)
    assert.matches('<meta charset="utf%-8">', text)
    assert.matches("<title>A &amp; &lt;b&gt;</title>", text)
    assert.matches('<link rel="stylesheet" href="/c.css">', text)
    assert.matches('<script src="/c.js"></script>', text)
    assert.matches('<div id="tl%-root"><p>&lt;/script&gt;&lt;!%-%-</p></div>', text)
    local data = text:match '<script type="application/json" id="tl%-page">(.-)</script>'
    assert.is_nil(data:find("<", 1, true))
    local decoded = native.json_decode(data)
    assert.equal("/", decoded.route)
    assert.equal("A & <b>", decoded.title)
    assert.same({ "p", {}, { "</script><!--" } }, decoded.tree)
    assert.same({ Job = { n = 1 } }, decoded.state)
    assert.is_true(decoded.dev)
  end)

  -- holds: page.get.default
  it("shows the default state", function()
    local Job = { title = ui.var("Job", "title"), rows = ui.var("Job", "rows"), on = ui.var("Job", "on") }
    page.page("/", { title = "Job: " .. Job.title }, function()
      return ui.main {
        ui.h1 { class = { "a", b = Job.on }, style = { color = "red" }, hidden = Job.on:eq(5), title = 'x"y', on_click = event "Job.go", Job.title },
        ui.ul { ui.foreach(Job.rows, function(row, i) return ui.li { i, ". ", row.name } end) },
        ui.cond(Job.on, ui.b "on", "off"), ui.br {},
        ui.input { value = Job.title, disabled = true }, ui.input { type = "checkbox", checked = Job.on },
        ui.textarea { value = "\n<x>" }, ui.pre "\ny",
        ui.select { value = "2", ui.option { value = "1", "one" }, ui.option { value = "2", "two" } },
        ui.select { ui.option { "p" }, ui.option { selected = true, "q" } },
      }
    end)
    local text = html { state_json = '{"Job":{"title":"T<&","rows":[{"name":"r"},{"name":"s\\r"}],"on":true}}' }
    assert.matches("<title>Job: T&lt;&amp;</title>", text)
    assert.equal('<main><h1 class="a b" title="x&quot;y">T&lt;&amp;</h1><ul><li>1. r</li><li>2. s&#13;</li></ul><b>on</b><br>'
      .. '<input disabled value="T&lt;&amp;"><input checked type="checkbox"><textarea>\n\n&lt;x&gt;</textarea><pre>\n\ny</pre>'
      .. '<select><option value="1">one</option><option selected value="2">two</option></select>'
      .. '<select><option>p</option><option selected>q</option></select></main>',
      text:match '<div id="tl%-root">(.-)</div>')
    assert.same({ ["$"] = "op", op = "..", args = { "Job: ", { ["$"] = "var", path = { "Job", "title" } } } },
      native.json_decode(text:match 'id="tl%-page">(.-)</script>').title)
  end)

  it("is made anew when the default state is another one", function()
    page.page("/", { title = ui.var("Job", "n") }, function() return ui.p { ui.var("Job", "n") } end)
    page.finish(app)
    local entry = page.lookup(app, "/")
    for _, n in ipairs { "1", "2" } do
      local text = page.html(app, entry, { state_json = ('{"Job":{"n":%s}}'):format(n) })
      assert.matches("<p>" .. n .. "</p>", text)
      assert.matches("<title>" .. n .. "</title>", text)
    end
  end)

  -- holds: page.head
  it("has the app's head", function()
    page.page("/", { style = false }, paragraph)
    page.head {
      lang = "de", script = "/app.js", ui.meta { name = "x", content = 'a"b' }, ui.link { rel = "icon", href = "/i.svg" },
    }
    local text = html { css = "/c.css" }
    assert.matches('<html lang="de">', text)
    assert.matches('<meta content="a&quot;b" name="x">', text)
    assert.matches('<link href="/i.svg" rel="icon">', text)
    assert.matches('<script defer src="/app.js"></script>', text)
    assert.is_nil(text:find("/c.css", 1, true))
  end)

  it("refuses a head that is none", function()
    fails("tl.head takes ui.meta, ui.link, ui.base", page.head, { ui.p "x" })
    fails("cannot change with a tab's state", page.head, { ui.meta { content = ui.var("Job", "n") } })
    fails("unknown option scripts %(did you mean script%?%)", page.head, { scripts = "/a.js" })
    fails("script is the path", page.head, { script = "javascript:x" })
  end)
end)

describe("tl.assets", function()
  it("names one folder, which is there", function()
    fails("\"nothere\" is no folder", page.assets, "nothere")
    page.assets "/"
    assert.equal("/", app.assets)
    fails("there is one folder", page.assets, "more")
  end)
end)

-- driver_spec.lua: lua/tidelock/testing.lua drives a page as a person would.
local tl, t = require "tidelock", require "tidelock.testing"

local APP = "spec/lua/apps/ui_form.lua"

local function open(path) return t.open(APP, path or "/") end

local function fails(pattern, fn, ...)
  local ok, err = pcall(fn, ...)
  assert.is_false(ok, "it did not fail")
  assert.matches(pattern, tostring(err))
end

describe("a browser", function()
  -- holds: testing.browser
  it("is one for all tabs, unless they are opened in another, which has its own session and storage", function()
    local function session_of(tab)
      tab:click "Session"
      return tab:state "Form".last
    end
    local one, two = open(), open()
    local other = t.open(APP, "/", { browser = "other", storage = { ["local"] = { x = 1 } } })
    local again = t.open(APP, "/", { browser = "other" })
    assert.equal(session_of(one), session_of(two))
    assert.not_equal(session_of(one), session_of(other))
    assert.equal(session_of(other), session_of(again))
    other:run_effect { "reload" }
    t.settle()
    assert.equal(session_of(again), session_of(other), "a page that is loaded anew is in the same")
    assert.same({ { x = 1 }, { x = 1 }, {} }, { other:storage "local", again:storage "local", one:storage "local" })
    fails("browser is a name, a string, not 5", t.open, APP, "/", { browser = 5 })
    fails("unknown option browsr; there are storage and browser", t.open, APP, "/", { browsr = "x" })
  end)
end)

describe("finding", function()
  -- holds: testing.read, testing.target.text
  it("takes the text of a button, a link, a label", function()
    local tab = open()
    assert.equal("Order", tab:text "Order")
    assert.equal("Post three", tab:text "Post three")
    assert.equal("Ann", tab:value "Name")
  end)

  it("takes a label's own text, not what can be chosen in it", function()
    local tab = open()
    assert.equal("red", tab:value "Colour")
    tab:change("Colour", "blue")
    assert.equal("blue", tab:state "Form".colour)
  end)

  -- holds: testing.target.label
  it("takes the aria-label of a button, a link, a control, where no text reads so", function()
    local tab = t.open("spec/lua/apps/labels.lua", "/")
    tab:change("Note", "Mast")
    assert.equal("Mast", tab:value "Note")
    tab:change("Pick oar", true)
    tab:click "Drop keel"
    tab:click "Send the note"
    tab:click "Send" -- that which shows it, not that which is told so
    assert.same({ "1 true", "drop 2", "drop 9", "drop 9" }, tab:state "Note".log)
    assert.is_false(tab:exists "Hidden")
    assert.is_false(tab:exists "Paragraph")
    assert.is_false(tab:exists "Rows")
    fails('nothing on the page is "Notes"; .*<input aria%-label="Note">\n.*<button aria%-label="Drop oar">x', tab.click, tab, "Notes")
  end)

  -- holds: testing.read, testing.target.selector
  it("takes selectors", function()
    local tab = open()
    assert.equal("Hello Ann", tab:text "h1")
    assert.equal("Inside", tab:text "#box")
    assert.equal("Order", tab:text "#order > button")
    assert.equal("in", tab:text "main #outer > span[id=inner]")
    assert.equal(2, tab:count "li button")
    assert.is_true(tab:exists "[multiple]")
    assert.is_false(tab:exists "main > option")
  end)

  -- holds: testing.target.several
  it("raises and lists when several match", function()
    local tab = open()
    fails("2 elements match \"x\".*1: <button>x.*2: <button>x", tab.click, tab, "x")
  end)

  -- holds: testing.target.nth
  it("tells them apart by nth, within and a position", function()
    local tab = open()
    assert.equal("2. Bread x", tab:text("li", { nth = 2 }))
    assert.equal("2. Bread x", tab:text "li:2")
    assert.equal("x", tab:text "li:2 button")
    assert.equal("x", tab:text "ul > li:2 > button")
    assert.equal(1, tab:count "li:2 button")
    assert.is_false(tab:exists "li:2 > li")
    assert.is_false(tab:exists "li:2 ul button") -- the list is around it
    assert.is_false(tab:exists "li:3 button")
    tab:click("x", { within = "li:2" })
    assert.same({ { id = 1, title = "Milk" } }, tab:state("Form").items)
  end)

  it("says what there is when nothing matches", function()
    local tab = open()
    fails("nothing on the page is \"Strat\".*<button>Order", tab.click, tab, "Strat")
  end)

  it("refuses unknown options", function()
    local tab = open()
    fails("unknown option inside", tab.click, tab, "x", { inside = "li:1" })
  end)
end)

describe("clicking", function()
  -- holds: testing.click
  it("sends the event with its bound arguments", function()
    local tab = open()
    tab:click("x", { nth = 1 })
    assert.equal("1. Bread x", tab:text "ul")
  end)

  -- holds: testing.refuses
  it("raises on what is disabled, hidden, or has no trigger", function()
    local tab = open()
    fails("is disabled", tab.click, tab, "Never")
    fails("has no on_click", tab.click, tab, "Dead")
    tab:click "Close"
    fails("is hidden", tab.click, tab, "#box")
  end)

  it("goes up to the elements around, unless stopped", function()
    local tab = open()
    tab:click "#plain"
    assert.equal("outer", tab:state("Form").last)
    tab:click "#inner"
    assert.equal("inner", tab:state("Form").last)
  end)

  it("follows links within the app", function()
    local tab = open()
    tab:click "Post three"
    assert.equal("Post", tab:text "h1")
    assert.equal("Post", tab:title())
    tab:click "Back"
    assert.equal("Hello Ann", tab:text "h1")
  end)

  -- holds: trigger.function
  it("evaluates what a function bound", function()
    local tab = open()
    tab:click "With"
    assert.equal("Ann!", tab:state("Form").last)
  end)
end)

describe("controls", function()
  -- holds: trigger.kinds
  it("bring text, number, nil, boolean, list", function()
    local tab = open()
    tab:change("Name", "Bo")
    assert.equal("Hello Bo", tab:text "h1")
    tab:change("Age", "41")
    assert.equal(41, tab:state("Form").age)
    assert.equal("integer", math.type(tab:state("Form").age))
    tab:click "Agreed"
    assert.is_true(tab:state("Form").agreed)
    tab:change("#colour", "blue")
    assert.equal("blue", tab:state("Form").colour)
    tab:change("#tags", { "b", "c" })
    assert.same({ "b", "c" }, tab:state("Form").tags)
    tab:click "#l"
    assert.equal("l", tab:state("Form").size)
    assert.is_true(tab:value "#l")
    assert.is_false(tab:value "#m")
  end)

  it("refuse what a browser would not take", function()
    local tab = open()
    fails("has no option \"green\"", tab.change, tab, "#colour", "green")
    fails("not a number", tab.change, tab, "Age", "old")
    fails("true or false", tab.change, tab, "Agreed", "yes")
    fails("no form control", tab.input, tab, "h1", "x")
  end)

  -- holds: trigger.change, testing.input
  it("fire on_change when the field is left", function()
    local tab = open()
    tab:input("Name", "Cy")
    assert.equal("Ann", tab:state("Form").name)
    assert.equal("Cy", tab:value "Name")
    tab:click "Close"
    assert.equal("Cy", tab:state("Form").name)
  end)

  -- holds: option.debounce
  it("wait for a debounce in virtual time", function()
    local tab = open()
    tab:input("Name", "D")
    t.advance(0.2)
    tab:input("Name", "Di")
    t.advance(0.2)
    assert.equal("", tab:state("Form").seen)
    t.advance(0.1)
    assert.equal("Di", tab:state("Form").seen)
  end)

  -- holds: option.throttle
  it("send a throttled trigger at once, and the latest when the time is over", function()
    local tab = open()
    for _ = 1, 3 do tab:click "Often" end
    assert.equal(1, tab:state("Form").keys)
    t.advance(1)
    assert.equal(2, tab:state("Form").keys)
  end)

  it("know keys", function()
    local tab = open()
    tab:fire("#keys", "keydown", "a")
    assert.equal(0, tab:state("Form").keys)
    tab:fire("#keys", "keydown", "Enter")
    assert.equal(1, tab:state("Form").keys)
  end)
end)

describe("forms", function()
  -- holds: testing.submit
  it("bring a map of their named fields", function()
    local tab = open()
    tab:submit("#order", { title = "Tea", count = 2, gift = true })
    assert.same({ title = "Tea", count = 2, gift = true }, tab:state("Form").sent)
  end)

  it("are submitted by their button", function()
    local tab = open()
    tab:input("[name=title]", "Tea")
    tab:click "Order"
    assert.equal("Tea", tab:state("Form").sent.title)
    assert.is_false(tab:state("Form").sent.gift)
  end)

  it("bring lists of what has one name, and the button that was pressed", function()
    local tab = open()
    tab:click "Publish"
    local null = require("tidelock").null
    assert.same({ many = { "a" }, twice = { "1", null }, one = null, action = "publish" }, tab:state("Form").sent)
    tab:submit("#survey", { many = { "b", "c" }, twice = { "x", 5 }, one = "m" })
    assert.same({ many = { "b", "c" }, twice = { "x", 5 }, one = "m" }, tab:state("Form").sent)
    tab:submit("#survey", { many = {} })
    assert.same({}, tab:state("Form").sent.many)
    fails('no field named "one" has the value "xl"', tab.submit, tab, "#survey", { one = "xl" })
    fails('3 fields are named "many"; they take a list', tab.submit, tab, "#survey", { many = "a" })
    fails("is disabled", tab.submit, tab, "#survey", { off = "x" })
  end)

  it("are not, while the browser would complain", function()
    local tab = open()
    fails("is required", tab.click, tab, "Order")
    fails("is below 1", tab.submit, tab, "#order", { title = "Tea", count = 0 })
  end)
end)

describe("effects of triggers", function()
  it("have Vars in their arguments and options", function()
    local tab = open()
    tab:click "Tell"
    assert.same({ "toast", "Ann", { kind = "info" } }, tab:effects()[1])
  end)

  it("set a control without an event", function()
    local tab = open()
    tab:click "Set"
    assert.equal("typed", tab:value "#keys")
  end)
end)

describe("the browser's own", function()
  it("opens and closes details", function()
    local tab = open()
    fails("nothing on the page is \"Hidden\"", tab.click, tab, "Hidden")
    tab:click "More"
    tab:click "Hidden"
    assert.equal(1, tab:state("Form").keys)
    tab:click "More"
    fails("nothing on the page is \"Hidden\"", tab.click, tab, "Hidden")
  end)

  it("choice stands only when the state takes it", function()
    local tab = open()
    tab:click "#stuck"
    assert.equal("1", tab:state("Form").last)
    assert.is_false(tab:value "#stuck")
  end)
end)

describe("what the host says", function()
  -- holds: testing.host
  it("is seen as state, deltas, effects, errors", function()
    local tab = open()
    local before = #tab:deltas()
    tab:click "Close"
    assert.is_false(tab:state("Form").open)
    assert.equal(before + 1, #tab:deltas())
    assert.same({ Form = { open = false } }, tab:deltas()[before + 1].patch)
    assert.same({}, tab:errors())
    tab:click "Greet"
    assert.equal("toast", tab:effects()[1][1])
    tab:click "Fail"
    assert.equal(1, #tab:errors())
  end)

  it("moves the page by redirect", function()
    local tab = open()
    tab:click "Leave"
    assert.equal("Post", tab:text "h1")
  end)

  -- holds: trigger.mount
  it("fires on_mount of what appears", function()
    local tab = open()
    assert.equal(2, tab:state("Form").mounted)
    tab:click "Close"
    tab:click "Open"
    assert.equal(3, tab:state("Form").mounted)
  end)
end)

describe("the connection", function()
  -- holds: testing.connection
  it("may break: events wait and go out in order", function()
    local tab = open()
    tab:disconnect()
    tab:change("Name", "Eve")
    assert.equal("Hello Ann", tab:text "h1")
    tab:reconnect()
    assert.equal("Hello Eve", tab:text "h1")
  end)

  it("refuses the 101st event that waits", function()
    local tab = open()
    tab:disconnect()
    for _ = 1, 100 do tab:click "#plain" end
    fails("refuses more", tab.click, tab, "#plain")
  end)
end)

describe("without a connection", function()
  -- holds: testing.deltas
  it("deltas are still told one by one", function()
    local tab = open()
    tab:disconnect()
    local before = #tab:deltas()
    tab:click "#plain"
    tab:click "Close"
    tab:reconnect()
    assert.equal(before + 2, #tab:deltas())
  end)
end)

describe("time", function()
  -- holds: time.now, testing.settle
  it("moves by advance only", function()
    local before = tl.now()
    open()
    t.settle()
    assert.equal(before, tl.now())
    t.advance(2.5)
    assert.near(before + 2.5, tl.now(), 1e-6)
  end)

  it("takes seconds", function()
    fails("seconds, got %-1", t.advance, -1)
    fails("seconds, got nil", t.advance)
  end)

  it("may permute what is ready", function()
    t.seed(7)
    local tab = open()
    tab:click "Close"
    assert.is_false(tab:state("Form").open)
  end)
end)

describe("a page that is not there", function()
  it("is the 404 page when opened, and no move", function()
    assert.equal("Page not found", open("/nope"):text "h1")
    fails("no page at \"/nope\"", open().go, open(), "/nope")
  end)
end)

describe("the host", function()
  it("may close the connection while the page speaks: what is not heard goes again", function()
    local tab = open()
    tab.link.peer:send "not JSON"
    tab:send_event("Form.press", {})
    t.settle()
    assert.equal(4400, tab:closed())
    assert.equal(0, tab:state("Form").keys)
    tab:reconnect()
    assert.equal(1, tab:state("Form").keys)
  end)

  it("may close the connection last of all, and the test ends as any other", function()
    open().link.peer:send "not JSON"
  end)

  it("may refuse a message, which closes the connection", function()
    local tab = open()
    tab.link.peer:send "not JSON"
    t.settle()
    assert.equal(4400, tab:closed())
    tab:click "Close"
    tab:reconnect()
    assert.is_false(tab:state("Form").open)
  end)

  it("asks for no more than it can answer: endless redirects are seen", function()
    local tab = t.open("spec/lua/apps/ui_endless.lua", "/")
    fails("without end", tab.click, tab, "Go")
  end)
end)

describe("a handler", function()
  it("cannot drive the app that it is part of", function()
    local bench = require "spec.lua.apps.roads_bench"
    local tab = t.open "spec/lua/apps/roads.lua"
    bench.task(tab, function()
      fails("only the spec itself drives", tab.click, tab, "Bump")
      fails("only the spec itself drives", t.advance, 1)
      fails("only the spec itself drives", t.settle)
    end)
  end)
end)

describe("one it", function()
  -- holds: testing.close, testing.same_app
  it("has one app for all its tabs", function()
    local a, b = open(), open "/post/1"
    a:click "Close"
    assert.equal("Post", b:text "h1")
    assert.is_true(b:state("Form").open)
    b:close()
    b:close()
  end)

  -- holds: testing.anew
  it("starts anew", function()
    assert.is_true(open():state("Form").open)
  end)

  for i = 1, 2 do
    it("tells what is wrong with an app, and leaves nothing of it, " .. i, function()
      fails('ui_broken.lua:%d+: ui.p: unknown trigger on_clik.*page "/"', t.open, "spec/lua/apps/ui_broken.lua", "/")
    end)
  end

  it("refuses a second app", function()
    open()
    fails("drives one app", t.open, "spec/lua/apps/other.lua", "/")
  end)
end)

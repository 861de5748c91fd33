-- The ten thousand things to do, driven without a browser.
local tl, t = require "tidelock", require "tidelock.testing"

local APP = "app/todo/main.lua"

local NEWEST = "Check the compass, round 110" -- of those that are open

local function status(tab) return tab:text "[role=status]" end

-- A button for all that is selected.
local function bulk(tab, name) tab:click(name, { within = "[role=toolbar]" }) end

local function titles(tab)
  local list = {}
  for i, row in ipairs(tab:state "Todo".shown) do list[i] = row.title end
  return list
end

-- One thing, found by its whole title.
local function find(tab, title)
  tab:input("Filter", title)
  assert.equal(1, tab:count "#rows li")
end

describe("the list", function()
  local tab
  before_each(function() tab = t.open(APP, "/") end)

  it("shows fifty of those that are open, and more when asked", function()
    assert.equal("7500 open of 10000", tab:text "header p")
    assert.equal(50, tab:count "#rows li")
    tab:click "More"
    assert.equal(100, tab:count "#rows li")
    assert.is_nil(tab:state "Todo"._rows)
    assert.is_true(#tl.json.encode(tab:state()) < 20000)
  end)

  it("is filtered at each keystroke, whatever the case, and by what is done", function()
    tab:input("Filter", "PAINT the Keel")
    assert.equal("82 found, 0 selected", status(tab))
    tab:change("Show", "done")
    assert.equal("28 found, 0 selected", status(tab))
    tab:change("Show", "all")
    assert.equal("110 found, 0 selected", status(tab))
    tab:input("Filter", "no such thing")
    assert.equal("Nothing here.", tab:text ".help")
    assert.is_false(tab:exists "More")
  end)

  it("is sorted by title, by date with those without one last, or the newest first", function()
    assert.equal(NEWEST, titles(tab)[1])
    tab:change("Order", "title")
    assert.equal("Check the anchor, round 10", titles(tab)[1])
    tab:change("Order", "due")
    local last = ""
    for _, row in ipairs(tab:state "Todo".shown) do
      assert.is_true(row.due >= last)
      last = row.due
    end
    tab:change("Show", "all")
    tab:input("Filter", "Paint the keel")
    for _ = 1, 2 do tab:click "More" end
    assert.equal("", tab:state "Todo".shown[110].due)
  end)
end)

describe("a thing to do", function()
  local tab
  before_each(function() tab = t.open(APP, "/") end)

  it("is added, and the fields are empty for the next", function()
    tab:submit("form:1", { title = " Call the harbour ", due = "2027-01-01" })
    assert.equal("Call the harbour", titles(tab)[1])
    assert.equal("", tab:value "#new")
    assert.equal("7501 open of 10001", tab:text "header p")
    tab:submit("form:1", { title = "  " })
    assert.equal("7501 open of 10001", tab:text "header p")
  end)

  it("is done, and leaves those that are open", function()
    find(tab, NEWEST)
    tab:click("Done", { within = "#rows" })
    assert.equal("7499 open of 10000", tab:text "header p")
    assert.equal(0, tab:count "#rows li")
    tab:change("Show", "done")
    assert.equal(NEWEST, tab:text "#rows s")
    tab:click("Reopen", { within = "#rows" })
    assert.equal("7500 open of 10000", tab:text "header p")
  end)

  it("is edited in its place: Enter saves, Escape does not", function()
    find(tab, NEWEST)
    tab:click "Edit"
    assert.equal(NEWEST, tab:value "#title")
    tab:fire("#edit", "keydown", "a")
    tab:fire("#edit", "keydown", "Escape")
    assert.is_false(tab:exists "#title")
    tab:click "Edit"
    tab:submit("#edit", { title = "Check the crew, round 110" })
    assert.equal("Nothing here.", tab:text ".help")
    find(tab, "Check the crew, round 110")
    tab:click "Edit"
    tab:submit("#edit", { title = " " }) -- without a title it stays as it was
    assert.equal("Check the crew, round 110", titles(tab)[1])
  end)
end)

describe("a selection", function()
  local tab
  before_each(function()
    tab = t.open(APP, "/")
    tab:input("Filter", "Paint the keel")
  end)

  it("is made row by row, and remembered under another filter", function()
    assert.equal("82 found, 0 selected", status(tab))
    assert.has_error(function() bulk(tab, "Remove") end)
    tab:click "#rows li:2 input"
    assert.equal("82 found, 1 selected", status(tab))
    assert.is_true(tab:state "Todo".shown[2].selected)
    tab:input("Filter", "Paint the mast")
    tab:click "#rows li:1 input"
    assert.equal("83 found, 2 selected", status(tab))
    tab:click "#rows li:1 input"
    assert.equal("83 found, 1 selected", status(tab))
    bulk(tab, "None")
    assert.equal("83 found, 0 selected", status(tab))
  end)

  it("holds all that is found, not only what is shown, and all of it is done at once", function()
    bulk(tab, "Select all")
    bulk(tab, "Done")
    assert.equal("7418 open of 10000", tab:text "header p")
    assert.equal("0 found, 0 selected", status(tab))
    tab:change("Show", "done")
    bulk(tab, "Select all")
    bulk(tab, "Reopen")
    assert.equal("7528 open of 10000", tab:text "header p")
  end)

  it("is removed, and comes back", function()
    bulk(tab, "Select all")
    bulk(tab, "Remove")
    assert.same({ "toast", "82 removed", { kind = "success" } }, tab:effects()[1])
    assert.equal("7418 open of 9918", tab:text "header p")
    assert.equal("82 removed", tab:attr("Undo", "title"))
    tab:click "Undo"
    assert.same({ "toast", "Undone: 82 removed", {} }, tab:effects()[2])
    assert.equal("7500 open of 10000", tab:text "header p")
    assert.equal("82 found, 82 selected", status(tab))
  end)

  it("may be all ten thousand", function()
    tab:input("Filter", "")
    tab:change("Show", "all")
    bulk(tab, "Select all")
    bulk(tab, "Remove")
    assert.equal("0 open of 0", tab:text "header p")
    tab:submit("form:1", { title = "Buy a boat" })
    assert.same({ "Buy a boat" }, titles(tab))
    tab:click "Undo"
    tab:click "Undo"
    assert.equal("7500 open of 10000", tab:text "header p")
  end)
end)

describe("undo", function()
  it("goes back twenty steps, in order, and no further", function()
    local tab = t.open(APP, "/")
    assert.has_error(function() tab:click "Undo" end)
    for n = 1, 25 do tab:submit("form:1", { title = "Thing " .. n }) end
    for n = 25, 6, -1 do
      assert.equal("Thing " .. n, titles(tab)[1])
      tab:click "Undo"
    end
    assert.equal("Thing 5", titles(tab)[1])
    assert.has_error(function() tab:click "Undo" end)
    assert.same({}, tab:errors())
  end)
end)

describe("the next visit", function()
  it("finds what was set, and what was being written", function()
    local tab = t.open(APP, "/")
    tab:input("Filter", "keel")
    tab:change("Show", "all")
    tab:change("Order", "title")
    tab:input("#new", "Call the har")
    local kept = tab:storage "local"
    assert.same({ ["Todo.query"] = "keel", ["Todo.kind"] = "all", ["Todo.sort"] = "title", ["Todo.draft"] = "Call the har" }, kept)
    local later = t.open(APP, "/", { storage = { ["local"] = kept } })
    assert.equal("Call the har", later:value "#new")
    assert.equal("Check the keel", titles(later)[1])
    assert.equal("all", later:value "Show")
  end)

  it("is not disturbed by what does not fit", function()
    local tab = t.open(APP, "/", { storage = { ["local"] = { ["Todo.sort"] = "backwards", ["Todo.kind"] = "?", ["Todo.query"] = "%d" } } })
    assert.same({}, tab:errors())
    tab:input("Filter", "")
    assert.equal(NEWEST, titles(tab)[1])
  end)
end)

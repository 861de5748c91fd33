-- The registration, driven without a browser, on virtual time.
local tl, t = require "tidelock", require "tidelock.testing"

local APP = "app/form/main.lua"

local function fill(tab, name)
  tab:change("Name", name)
  tab:change("E-mail", "eve@example.org")
  tab:change("Password", "correct horse")
  tab:change("Password, again", "correct horse")
  tab:change("Age", 30)
  tab:change("Country", "Norway")
  tab:change("I agree to the terms", true)
end

describe("the form", function()
  local tab
  before_each(function() tab = t.open(APP, "/") end)

  it("shows no error before a field was left, and then the one of that field alone", function()
    assert.equal(0, tab:count ".error")
    tab:input("Name", "a!")
    assert.equal(0, tab:count ".error")
    tab:change("Name", "a!")
    assert.equal("Letters and digits only", tab:text ".error")
    assert.equal("Letters and digits only", tab:text "#name-note")
    assert.equal("true", tab:attr("#name", "aria-invalid"))
    assert.equal("name-note", tab:attr("#name", "aria-describedby"))
  end)

  it("follows what is typed once a field has an error", function()
    tab:change("Name", "a")
    assert.equal("Three characters or more", tab:text "#name-note")
    tab:input("Name", "a?")
    assert.equal("Letters and digits only", tab:text "#name-note")
    tab:input("Name", "ann")
    assert.equal("Three letters or digits, or more", tab:text "#name-note")
    assert.equal(0, tab:count ".error")
  end)

  it("compares the passwords, and keeps them on the host", function()
    tab:change("Password", "correct horse")
    tab:change("Password, again", "correct house")
    assert.equal("The two passwords differ", tab:text ".error")
    tab:change("Password", "correct house")
    assert.equal(0, tab:count ".error")
    assert.is_nil(tl.json.encode(tab:state()):find "house")
  end)

  it("shows all errors when it is submitted too early, and leads to the first", function()
    tab:change("Name", "eve")
    tab:click "Register"
    assert.equal(5, tab:count ".error")
    assert.same({ "focus", "email" }, tab:effects()[1])
    assert.equal("How old are you?", tab:text "#age-note")
    assert.same({}, tl.tasks())
    tab:change("Age", 12)
    assert.equal("From sixteen on", tab:text "#age-note")
  end)

  it("is sent once, and welcomes", function()
    fill(tab, "eve")
    tab:click "Register"
    assert.is_true(tab:exists "button[disabled]")
    assert.equal("Registering …", tab:text "button")
    assert.has_error(function() tab:change("Name", "eva") end)
    assert.equal(1, #tl.tasks())
    t.advance(1.5)
    assert.equal("Welcome, eve", tab:text "h2")
    assert.equal(0, tab:count "form")
    tab:click "Register somebody else"
    assert.equal("", tab:value "#name")
    assert.equal(0, tab:count ".error")
  end)

  it("tells that a name is taken, until it is another one", function()
    fill(tab, "Ada")
    tab:click "Register"
    t.advance(1.5)
    assert.equal("This name is taken", tab:text ".error")
    assert.same({ "focus", "name" }, tab:effects()[1])
    assert.equal("Register", tab:text "button")
    tab:change("Name", "Adam")
    assert.equal(0, tab:count ".error")
    tab:click "Register"
    t.advance(1.5)
    assert.equal("Welcome, Adam", tab:text "h2")
  end)

  it("gives a name to one of two who ask at once", function()
    local other = t.open(APP, "/")
    fill(tab, "eve")
    fill(other, "eve")
    tab:click "Register"
    t.advance(0.1)
    other:click "Register"
    t.advance(1.5)
    assert.equal("Welcome, eve", tab:text "h2")
    assert.equal("This name is taken", other:text ".error")
  end)
end)

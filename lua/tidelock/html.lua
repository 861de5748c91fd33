--- html.lua: the closed lists of HTML that pages are checked against. Pure data and lookups.
--
-- Elements and events are those of the HTML Living Standard. What could carry code is not in them.

local html = {}

local function set(words)
  local out = {}
  for word in words:gmatch "%S+" do out[word] = true end
  return out
end

---Elements that a page's body may hold.
html.tags = set [[
  a abbr address area article aside audio b bdi bdo blockquote br button canvas caption cite code
  col colgroup data datalist dd del details dfn dialog div dl dt em embed fieldset figcaption
  figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr i iframe img input ins kbd label legend li
  main map mark menu meter nav noscript object ol optgroup option output p picture pre progress q
  rp rt ruby s samp search section select slot small source span strong sub summary sup table
  tbody td template textarea tfoot th thead time tr track u ul var video wbr
]]

---Elements that only `tl.head` takes.
html.head_tags = set "base link meta"

---Elements that are refused, with the way to go instead.
html.refused = {
  script = "code stands in files: tl.head{ script = \"/app.js\" }",
  style = "use the `style` attribute, or a file: tl.head{ ui.link{ rel = \"stylesheet\", href = ... } }",
  html = "there is no raw HTML, text is text; the page's frame is made by the host",
  head = "use tl.head{...}",
  body = "the page's frame is made by the host",
  title = "use tl.page(route, { title = ... }, fn)",
}

---Elements without children.
html.void = set "area base br col embed hr img input link meta source track wbr"

---Attributes that hold an address.
html.url_attributes = set "href src action formaction poster data cite xlink:href ping"

---DOM events, as `on_*` names them with the underscores taken out, and `mount`.
html.events = set [[
  click dblclick auxclick contextmenu mousedown mouseup mousemove mouseenter mouseleave mouseover
  mouseout wheel pointerdown pointerup pointermove pointerenter pointerleave pointerover
  pointerout pointercancel gotpointercapture lostpointercapture touchstart touchend touchmove
  touchcancel keydown keyup keypress focus blur focusin focusout input beforeinput change submit
  reset invalid select selectionchange compositionstart compositionupdate compositionend copy cut
  paste drag dragstart dragend dragenter dragleave dragover drop scroll scrollend resize toggle
  beforetoggle close cancel load error abort play playing pause ended waiting seeking seeked
  stalled suspend emptied canplay canplaythrough durationchange loadeddata loadedmetadata
  loadstart progress ratechange timeupdate volumechange animationstart animationend
  animationiteration animationcancel transitionstart transitionend transitionrun
  transitioncancel fullscreenchange fullscreenerror formdata slotchange cuechange mount
]]

---Those of them that bring a key's name.
html.key_events = set "keydown keyup keypress"

---Whether an address would run code in the page's name.
---@param url string
function html.is_unsafe_url(url)
  local scheme = url:gsub("[\0-\32]", ""):match "^([%a][%w+.-]*):"
  scheme = scheme and scheme:lower()
  return scheme == "javascript" or scheme == "vbscript"
end

---What `ui` has: the elements, and its own functions.
---@return table<string, true>
function html.names()
  local names = set "cond match foreach bind"
  for tag in pairs(html.tags) do names[tag] = true end
  return names
end

return html

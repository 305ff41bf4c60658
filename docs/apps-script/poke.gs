/**
 * Tells the connector that a response has come in, and nothing else: it then fetches the response itself.
 * No answer, no address and no title is read here or sent.
 *
 * In the form: ⋮ > Apps Script, paste this, and under Project Settings > Script Properties set
 *   POKE_URL  https://<the connector>/forms/<school>/<form>/poke
 *   POKE_KEY  the form's `poke_key`, which can send no concern: whoever edits the form can read it here
 * Then run installPoke once, and testPoke. It runs as whoever installed it; failures go to that person's mail.
 */

const HANDLER = 'onSafeguardingSubmit';

/** The trigger. Of the event only the form's id is read: never e.response. */
function onSafeguardingSubmit(e) {
  poke_(e.source.getId());
}

/** Run once by hand. Run again it changes nothing. */
function installPoke() {
  property_('POKE_URL');
  property_('POKE_KEY');
  const isThere = ScriptApp.getProjectTriggers().some((trigger) => trigger.getHandlerFunction() === HANDLER);
  if (!isThere) {
    ScriptApp.newTrigger(HANDLER).forForm(FormApp.getActiveForm()).onFormSubmit().create();
  }
}

/** Run by hand: without an error the connector took the poke. */
function testPoke() {
  poke_(FormApp.getActiveForm().getId());
}

function poke_(formId) {
  const now = new Date();
  const body = JSON.stringify({v: 1, formId: formId, sentAt: now.toISOString(), nonce: Utilities.getUuid()});
  const stamp = Math.floor(now.getTime() / 1000);
  const status = post_(body, 't=' + stamp + ',v1=' + hmac_(stamp + '.poke.' + body));
  if (status >= 300) {
    // Only the number: this text goes into a mail and a log of Google's.
    throw new Error('The connector refused the poke: ' + status);
  }
}

function post_(body, signature) {
  const url = property_('POKE_URL');
  try {
    return UrlFetchApp.fetch(url, {
      method: 'post',
      contentType: 'application/json; charset=utf-8',
      headers: {'X-Connector-Signature': signature},
      payload: body,
      muteHttpExceptions: true,
      followRedirects: false,
    }).getResponseCode();
  } catch (unreachable) {
    // Google's own text would name the address.
    throw new Error('The connector could not be reached.');
  }
}

/** Lower-case hex. Apps Script gives SIGNED bytes, and without a charset it would sign something else than UTF-8. */
function hmac_(text) {
  const bytes = Utilities.computeHmacSha256Signature(text, property_('POKE_KEY'), Utilities.Charset.UTF_8);
  return bytes.map((byte) => ((byte + 256) % 256).toString(16).padStart(2, '0')).join('');
}

function property_(name) {
  const value = PropertiesService.getScriptProperties().getProperty(name);
  if (!value) {
    throw new Error('The script property ' + name + ' is not set.');
  }
  return value;
}

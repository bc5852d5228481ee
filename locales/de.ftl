# Deutsch. Angeredet wird mit »Sie«.

# Everywhere
language-menu = Sprache
continue = Weiter
cancel = Abbrechen
back-to = Zurück zu { $name }
show-password = Anzeigen
show-password-label = Passwort anzeigen
hide-password = Verbergen
hide-password-label = Passwort verbergen
error-prefix = Fehler: { $title }
signed-in-as = Sie sind angemeldet als { $name }
sign-out = Abmelden
wait-seconds = { $count ->
    [one] Warten Sie { $count } Sekunde und versuchen Sie es dann noch einmal.
   *[other] Warten Sie { $count } Sekunden und versuchen Sie es dann noch einmal.
}
wait-minutes = { $count ->
    [one] Warten Sie { $count } Minute und versuchen Sie es dann noch einmal.
   *[other] Warten Sie { $count } Minuten und versuchen Sie es dann noch einmal.
}

# Sign in
login-title = Anmelden
login-title-app = Bei { $app } anmelden
login-title-again = Sind Sie es?
login-lead = Mit Ihrem Konto bei { $tenant }.
login-lead-again = { $app } bittet Sie, sich noch einmal anzumelden, bevor es weitergeht.
login-username = E-Mail-Adresse oder Benutzername
login-username-missing = Geben Sie Ihre E-Mail-Adresse oder Ihren Benutzernamen ein.
login-password = Passwort
login-password-missing = Geben Sie Ihr Passwort ein.
login-submit = Anmelden
login-forgot = Passwort vergessen?
login-signup = Konto anlegen
login-wrong = Benutzername und Passwort passen nicht zusammen. Prüfen Sie beides und versuchen Sie es noch einmal.
login-too-many = Es gab zu viele Anmeldeversuche.
login-unavailable = Ihr Passwort kann gerade nicht geprüft werden. Es ist nichts daran falsch: Warten Sie eine Minute und versuchen Sie es dann noch einmal.
login-stale = Diese Seite war zu lange geöffnet. Jetzt ist sie wieder frisch: Bitte melden Sie sich noch einmal an.

# Consent
consent-title = Darf { $app } Ihr Konto benutzen?
consent-what = { $app } dürfte dann
consent-how-long = Wie lange
consent-session = Bis Sie sich abmelden
consent-days = { $count ->
    [one] { $count } Tag lang oder bis Sie es widerrufen
   *[other] { $count } Tage lang oder bis Sie es widerrufen
}
consent-until-revoked = Bis Sie es widerrufen
consent-where-next = Wohin es danach geht
consent-allow = Erlauben
consent-deny = Nicht erlauben
consent-policy = Datenschutzerklärung der Anwendung
consent-terms = Nutzungsbedingungen der Anwendung
scope-openid = Wissen, wer Sie sind
scope-openid-detail = Eine Kennung für Sie und wann Sie sich angemeldet haben.
scope-profile = Ihr Profil sehen
scope-profile-detail = Name, Bild, Sprache und Zeitzone.
scope-email = Ihre E-Mail-Adresse sehen
scope-email-detail = Die Adresse und ob sie bestätigt ist.
scope-address = Ihre Postanschrift sehen
scope-address-detail = Straße, Ort, Region und Land.
scope-phone = Ihre Telefonnummer sehen
scope-phone-detail = Die Nummer und ob sie bestätigt ist.
scope-offline = Verbunden bleiben, wenn Sie nicht da sind
scope-offline-detail = Diese Rechte auch in Ihrer Abwesenheit nutzen, ohne erneut zu fragen.
scope-other-detail = Ein Recht, das die Anwendung so nennt.

# Sign out
logout-title = Abmelden?
logout-asked-by = { $app } möchte Sie abmelden.
logout-effect = Danach melden Sie sich bei den Anwendungen, die dieses Konto in diesem Browser benutzen, neu an.
logout-stay = Angemeldet bleiben
logged-out-title = Sie sind abgemeldet
logged-out-text = Sie können dieses Fenster schließen.
sign-in-again = Wieder anmelden

# Accounts
choose-title = Konto auswählen
choose-lead = und weiter zu { $app }
choose-other = Anderes Konto verwenden
home-title = Sie sind angemeldet
home-playground = Zum Playground
welcome-title = Willkommen
welcome-text = Melden Sie sich an, um Ihr Konto zu sehen.

# New password
password-title = Neues Passwort festlegen
password-lead-required = Das alte Passwort für { $name } gilt nicht mehr. Legen Sie ein neues fest, dann geht es weiter.
password-lead-forgotten = Wählen Sie ein neues Passwort für { $name }.
password-new = Neues Passwort
password-rule = { $count ->
    [one] Mindestens { $count } Zeichen. Ein paar Wörter, die in keiner Redensart stehen, sind leicht zu merken und schwer zu erraten.
   *[other] Mindestens { $count } Zeichen. Ein paar Wörter, die in keiner Redensart stehen, sind leicht zu merken und schwer zu erraten.
}
password-save = Speichern und weiter
password-missing = Geben Sie ein neues Passwort ein.
password-short = Dieses Passwort ist zu kurz.
password-long = Dieses Passwort ist zu lang.
password-common = Dieses Passwort benutzen viele, oder es ist aus einem Datenleck bekannt. Wählen Sie ein anderes.
password-same = Das ist das alte Passwort. Wählen Sie ein anderes.
recover-title = Zugang wiederherstellen
recover-lead = Dieser Link lässt { $name } noch einmal in die Verwaltung. Legen Sie dazu ein neues Passwort fest.

# Errors
error-home = Zur Startseite
error-details = Einzelheiten für Entwickler
error-operation = Vorgangsnummer
error-tell-app = Gehen Sie zur Anwendung zurück und versuchen Sie es noch einmal. Wenn es wieder geschieht, sagen Sie es deren Betreibern und nennen Sie die Vorgangsnummer unten.
error-start-again = Gehen Sie zur Anwendung zurück und beginnen Sie von vorn.
error-ask-admin = Wenn Sie das für ein Versehen halten, fragen Sie Ihre Administration und nennen Sie die Vorgangsnummer unten.
error-later = Bitte versuchen Sie es gleich noch einmal. Ihr Konto und Ihre Daten sind sicher.
error-request = Mit dieser Anfrage geht es nicht
error-request-what = Die Anwendung, von der Sie kommen, hat so gefragt, dass wir nicht antworten können.
error-client = Diese Anwendung kennen wir nicht
error-client-what = Die Anwendung, von der Sie kommen, ist hier nicht eingetragen oder wurde abgeschaltet.
error-redirect = Dorthin können wir Sie nicht zurückschicken
error-redirect-what = Die Anwendung wollte Sie an eine Adresse schicken lassen, die sie nicht eingetragen hat. Damit Ihr Konto sicher bleibt, haben wir hier angehalten.
error-flow = Diese Anmeldung ist vorbei
error-flow-what = Sie blieb zu lange liegen oder wurde schon abgeschlossen.
error-browser = Diese Anmeldung begann woanders
error-browser-what = Sie wurde in einem anderen Browser begonnen, oder dieser Browser behält unsere Cookies nicht.
error-browser-next = Erlauben Sie Cookies für diese Seite, gehen Sie dann zur Anwendung zurück und beginnen Sie von vorn.
error-form = Diese Seite war veraltet
error-form-what = Es war nicht sicher, dass das Formular von Ihnen kam. Deshalb wurde nichts geändert.
error-form-next = Gehen Sie zurück, laden Sie die Seite neu und wiederholen Sie den letzten Schritt.
error-link = Dieser Link gilt nicht mehr
error-link-what = Er wurde schon benutzt, durch einen neueren ersetzt oder ist zu alt.
error-link-next = Fordern Sie einen neuen Link an. Wenn Sie mehrere haben, gilt nur der neueste.
error-account = Sie können dieses Konto gerade nicht benutzen
error-account-what = Ihr Passwort stimmt, aber dieses Konto ist gesperrt.
error-forbidden = Diese Seite können Sie nicht öffnen
error-forbidden-what = Ihr Konto hat nicht das Recht, sie zu sehen.
error-not-found = Hier ist nichts
error-not-found-what = Vielleicht ist die Adresse vertippt, oder die Seite ist umgezogen.
error-not-found-next = Prüfen Sie die Adresse oder beginnen Sie auf der Startseite.
error-too-many = Das war zu schnell
error-too-many-what = Aus Ihrem Netz kamen in kurzer Zeit mehr Anfragen, als wir zulassen.
error-too-many-next = Machen Sie eine kurze Pause.
error-unavailable = Wir sind gleich wieder da
error-unavailable-what = Etwas, das wir brauchen, antwortet gerade nicht.
error-internal = Hier ging etwas schief
error-internal-what = Das lag an uns, nicht an Ihnen. Es wurde festgehalten und wird angesehen.
error-internal-next = Bitte versuchen Sie es noch einmal. Wenn es wieder geschieht, nennen Sie uns die Vorgangsnummer unten.

# Form post
form-post-title = Es geht zurück
form-post-text = Sie sind unterwegs zu { $host }. Wenn nichts geschieht, drücken Sie den Knopf.

# Mailbox of the development server
mail-title = Postfach
mail-lead = E-Mails, die dieser Entwicklungsserver verschickt hätte.
mail-empty = Noch keine E-Mail. Was Portico verschickt, kommt hier an.
mail-back = Alle E-Mails
mail-from = Von
mail-to = An
mail-at = Geschrieben

# Playground
playground-title = Playground
playground-lead = Melden Sie sich wirklich an und sehen Sie jeden Schritt: was gefragt wird, was geantwortet wird und was in den Token steht.
playground-issuer = Aussteller (Issuer)
playground-issuer-hint = Alles andere findet sich von hier aus.
playground-client = Client
playground-secret-own = Mein Client hat ein Secret
playground-secret = Client-Secret
playground-secret-hint = Es wird hier nie wieder angezeigt.
playground-secret-body = Im Body senden (client_secret_post) statt im Header
playground-scope = Scope
playground-scope-hint = Wörter mit Leerzeichen dazwischen; ohne openid gibt es kein ID-Token.
playground-start = Anmeldung starten
playground-redirect = Für einen eigenen Client tragen Sie diese Redirect-URI ein:
playground-done = Die Anmeldung hat geklappt
playground-subject = Wer sich angemeldet hat, trägt die Kennung { $name }.
playground-restart = Von vorn
playground-next = Mit diesen Token probieren
playground-tokens = Token
playground-steps = Schritte
playground-sent = Was gesendet wurde
playground-checked = Was geprüft wurde
playground-answer = Was zurückkam
playground-header = Header
playground-raw = Wie gesendet
playground-failed = Die Anmeldung hat nicht geklappt
playground-failed-text = Der Anbieter hat mit einem Fehler geantwortet. Das erfährt eine Anwendung.
playground-failed-own = Die Anwendung hat hier angehalten, weil etwas nicht zusammenpasst.
playground-error = Fehler
playground-description = Beschreibung
playground-at = Beim Schritt
playground-again = Noch einmal versuchen
playground-problem-form = Dieses Formular war zu alt oder nicht für diesen Browser gemacht. Versuchen Sie es noch einmal.
playground-problem-issuer = Der Playground spricht nur mit diesem Server: Der Aussteller ist { $name } oder einer seiner Mandanten.
playground-problem-client = Geben Sie die Kennung des Clients ein.
playground-problem-public = Introspection ist für Clients mit einem Secret. Dieser ist öffentlich und kann sich nicht ausweisen; probieren Sie es mit einem eigenen Client.
playground-problem-tool = Mit diesen Token geht das nicht.
tool-userinfo = Userinfo
tool-refresh = Erneuern
tool-introspect = Prüfen
tool-revoke = Widerrufen
step-discovery = Discovery
step-discovery-note = Die Anwendung liest, wo alles zu finden ist.
step-keys = Schlüssel
step-keys-note = Die Anwendung liest die öffentlichen Schlüssel, an denen sie eine echte Unterschrift von einer gefälschten unterscheidet.
step-authorize = Autorisierungsanfrage
step-authorize-note = Der Browser wird zur Anmeldung geschickt, mit frischem State, Nonce und PKCE-Wert.
step-callback = Autorisierungsantwort
step-callback-note = Der Browser kommt mit einem Code zurück; State und Aussteller werden verglichen.
step-token = Token-Anfrage
step-token-note = Aus Code und PKCE-Geheimnis werden Token, von Server zu Server.
step-verify = Prüfung des ID-Tokens
step-verify-note = Die Signatur, die Zeiten und alles hier Aufgeführte passen, also darf die Anwendung ihm glauben.
step-userinfo = Userinfo-Anfrage
step-userinfo-note = Das Access-Token öffnet, was sein Scope erlaubt.
step-refresh = Erneuerung
step-refresh-note = Aus dem Refresh-Token werden neue Token; das alte ist verbraucht.
step-introspect = Introspection
step-introspect-note = Eine API fragt, ob ein Token gilt und was es darf.
step-revoke = Widerruf
step-revoke-note = Das Token und alles, was daraus wurde, endet jetzt.
token-id = ID-Token
token-id-note = Sagt der Anwendung, wer sich wann und wie angemeldet hat. Es öffnet nichts.
token-access = Access-Token
token-access-note = Öffnet für kurze Zeit eine API.
token-refresh = Refresh-Token
token-refresh-note = Holt neue Token ohne neue Anmeldung. Nur der Anbieter kann es lesen.
claim-iss = Wer das Token ausgestellt hat
claim-sub = Um wen es geht
claim-aud = Für wen es ist
claim-exp = Gültig bis
claim-iat = Ausgestellt
claim-nbf = Gültig ab
claim-jti = Die Nummer dieses Tokens
claim-auth-time = Wann die Person sich zuletzt ausgewiesen hat
claim-nonce = Bindet das Token an die Anfrage
claim-acr = Wie sicher sie sich ausgewiesen hat
claim-amr = Womit
claim-client = Die Anwendung, für die es ausgestellt wurde
claim-hash = Bindet das Token an einen anderen Wert der Antwort
claim-sid = Die Sitzung, um überall abzumelden
claim-scope = Was es erlaubt
claim-name = Der Name der Person
claim-email = Ihre E-Mail-Adresse
claim-email-verified = Ob die Adresse bestätigt ist
claim-username = Wie sie genannt wird
claim-updated = Wann sich diese Angaben zuletzt geändert haben
moment-now = gerade eben
in-seconds = { $count ->
    [one] in { $count } Sekunde
   *[other] in { $count } Sekunden
}
in-minutes = { $count ->
    [one] in { $count } Minute
   *[other] in { $count } Minuten
}
in-hours = { $count ->
    [one] in { $count } Stunde
   *[other] in { $count } Stunden
}
in-days = { $count ->
    [one] in { $count } Tag
   *[other] in { $count } Tagen
}
ago-seconds = { $count ->
    [one] vor { $count } Sekunde
   *[other] vor { $count } Sekunden
}
ago-minutes = { $count ->
    [one] vor { $count } Minute
   *[other] vor { $count } Minuten
}
ago-hours = { $count ->
    [one] vor { $count } Stunde
   *[other] vor { $count } Stunden
}
ago-days = { $count ->
    [one] vor { $count } Tag
   *[other] vor { $count } Tagen
}

// What happened and what to do, by code; a code of shared/errors.ts that lacks here is an error of types.
import type { ErrorCode } from '../../../../shared/errors.ts';
import type { Told, words } from '../errors.ts';

const SPLIT = 'Teilen Sie es, oder erhöhen Sie';
const BY_HAND = 'Ordnen Sie es von Hand ein.';
const GOES_ON = 'Läufe gehen bis dahin ohne ihn weiter.';

const byCode: Readonly<Record<ErrorCode, Told>> = {
  'extract.empty': [
    'Das Dokument hat keinen Text',
    'Prüfen Sie, ob die Datei vollständig gespeichert wurde; mehr ist nicht zu tun.',
  ],
  'extract.encrypted': [
    'Das Dokument ist geschützt',
    'Entfernen Sie Passwort oder Rechteschutz und laden Sie es neu hoch.',
  ],
  'extract.corrupt': ['Die Datei ist beschädigt', 'Laden Sie eine heile Kopie hoch.'],
  'extract.unsupported': [
    'Das Format wird nicht gelesen',
    'Wandeln Sie das Dokument in PDF, Office oder Text um und laden Sie es neu hoch.',
  ],
  'extract.needs-ocr': [
    'Die Seiten sind Bilder',
    'Richten Sie Document Intelligence oder lokale Texterkennung ein, oder laden Sie ein durchsuchbares PDF hoch.',
  ],
  'extract.doubtful': [
    'Ein Teil des Dokuments war nicht lesbar',
    'Die Warnungen sagen, was; das Modell entscheidet deshalb nicht allein. Schalten Sie die Texterkennung ein und wiederholen Sie, oder ordnen Sie es von Hand ein.',
  ],
  'extract.ocr-unavailable': [
    'Die Texterkennung hat nicht geantwortet',
    'Prüfen Sie ihre Adresse und die Rolle der Identität; wiederholen Sie dann die fehlgeschlagenen.',
  ],
  'extract.too-large': ['Das Dokument ist zu groß', `${SPLIT} EXTRACT_MAX_BYTES.`],
  'extract.too-many-pages': ['Das Dokument hat zu viele Seiten', `${SPLIT} EXTRACT_MAX_PAGES.`],
  'extract.timeout': [
    'Das Lesen dauerte zu lange',
    'Vereinfachen Sie das Dokument, oder erhöhen Sie EXTRACT_TIMEOUT_SECONDS.',
  ],
  'extract.out-of-memory': ['Das Lesen brauchte zu viel Speicher', `${SPLIT} EXTRACT_MAX_MEMORY_MB.`],
  'extract.crashed': [
    'Das Leseprogramm brach an diesem Dokument ab',
    'Wandeln Sie es in PDF um und laden Sie es neu hoch.',
  ],
  'extract.archive-depth': [
    'Archive stecken zu tief ineinander',
    'Entpacken Sie das innere Archiv, oder erhöhen Sie EXTRACT_MAX_ARCHIVE_DEPTH.',
  ],
  'extract.archive-entries': ['Das Archiv enthält zu viele Dateien', `${SPLIT} EXTRACT_MAX_ARCHIVE_ENTRIES.`],
  'extract.archive-size': [
    'Das Archiv ist entpackt zu groß',
    'Teilen Sie es, oder laden Sie die Dateien einzeln hoch.',
  ],
  'extract.archive-ratio': ['Das Archiv ist verdächtig stark gepackt', 'Laden Sie die Dateien ungepackt hoch.'],
  'source.changed': ['Das Dokument wurde während des Laufs ersetzt oder gelöscht', 'Starten Sie einen Lauf darüber.'],
  'source.archived': [
    'Die Datei liegt im Archivspeicher',
    'Stellen Sie sie auf „Hot“ oder „Cool“, warten Sie einige Stunden und wiederholen Sie die fehlgeschlagenen.',
  ],
  'source.forbidden': [
    'Der Speicher verweigert diesen Pfad',
    'Geben Sie der Identität Leserecht (ACL oder Bedingung der Rolle) und wiederholen Sie die fehlgeschlagenen.',
  ],
  'source.unavailable': [
    'Der Speicher gab diese Datei nicht her',
    'Sehen Sie sie im Portal an und wiederholen Sie die fehlgeschlagenen.',
  ],
  'source.unreadable': [
    'Der Speicher verweigerte diese Datei',
    'Beheben Sie den genannten Grund oder laden Sie sie neu hoch; wiederholen Sie dann die fehlgeschlagenen.',
  ],
  'source.gone': [
    'Die Datei wurde nach der Entscheidung gelöscht oder verschoben',
    'Stellen Sie sie wieder her oder laden Sie sie neu hoch.',
  ],
  'source.too-large': [
    'Die Datei ist zu groß zum Herunterladen',
    'Holen Sie sie aus dem Speicherkonto; die Meldung nennt den Ort.',
  ],
  'page.not-found': ['So viele Seiten hat das Dokument nicht', 'Gehen Sie zu einer früheren Seite.'],
  'page.no-picture': [
    'Es gibt nichts zu zeichnen',
    'Das Format hat keine eigenen Seiten, und der Text wird nicht aufbewahrt. Laden Sie das Original herunter, oder lassen Sie das Dokument neu laufen.',
  ],
  'page.busy': ['Gerade werden viele Seiten gezeichnet', 'Versuchen Sie es gleich noch einmal.'],
  'source.bad-row': ['Die Zeile der Tabelle ist nicht lesbar', 'Berichtigen Sie die genannte Zeile.'],
  'sync.unknown': ['Diese Quelle gibt es nicht', '`sluice sources list` nennt alle.'],
  'sync.throttled': [
    'Der Dienst bat um eine Pause',
    'Die Quelle macht von selbst weiter; hält es an, senken Sie SOURCES_UNITS_PER_MINUTE.',
  ],
  'sync.unavailable': [
    'Der Dienst hat nicht geantwortet',
    'Die Quelle macht von selbst weiter; hält es an, sehen Sie auf seine Statusseite.',
  ],
  'sync.forbidden': [
    'Der Identität fehlt ein Recht auf Site, Postfach oder Eintrag',
    'Erteilen Sie es nach docs/sources.md (Zurückschreiben braucht „write“) und rufen Sie `sluice sources check` auf.',
  ],
  'sync.sign-in': [
    'Der Mailserver lehnt Benutzer oder Passwort ab',
    'Setzen Sie das Passwort der Quelle in SOURCES_PASSWORDS, oder ein App-Passwort.',
  ],
  'sync.untrusted': [
    'Dem Mailserver ist kein Passwort anzuvertrauen',
    'Nehmen Sie den Namen aus seinem Zertifikat, oder Port und `tls`, die er anbietet.',
  ],
  'sync.not-found': ['Eintrag, Site oder Postfach ist nicht da', 'Prüfen Sie die Adresse mit `sluice sources check`.'],
  'sync.locked': [
    'Gesperrt, archiviert oder ausgecheckt',
    'Bitten Sie darum, es zu öffnen oder einzuchecken; alles andere geht weiter.',
  ],
  'sync.bad-answer': ['Die Antwort des Dienstes ist nicht lesbar', 'Der Stand bleibt; melden Sie es, wenn es anhält.'],
  'sync.endless': [
    'Der Dienst wiederholt dieselben Seiten',
    'Der Stand bleibt, die nächste Runde versucht es wieder; nichts wurde doppelt entschieden.',
  ],
  'sync.malware': ['Der Dienst fand Schadsoftware in der Datei', 'Entfernen Sie sie an ihrem Ursprung.'],
  'sync.no-mime': [
    'Exchange gibt die Nachricht nicht als Datei heraus',
    'Legen Sie, was davon wichtig ist, von Hand in eine Bibliothek.',
  ],
  'sync.silent': [
    'Änderungen kamen ohne Benachrichtigung',
    'Die nächste Runde meldet sich neu an. Hält es an, prüfen Sie, ob NOTIFICATIONS_URL von außen erreichbar ist.',
  ],
  'sync.notebook': [
    'Notizbücher werden nicht gelesen',
    'Exportieren Sie die wichtigen Seiten als PDF in die Bibliothek.',
  ],
  'sync.shortcut': [
    'Eine Verknüpfung zu einer anderen Bibliothek',
    'Fügen Sie jene Bibliothek als eigene Quelle hinzu.',
  ],
  'sync.unknown-kind': ['Weder Datei noch Ordner', 'Nichts zu tun.'],
  'sync.settling': ['SharePoint schreibt die Datei vielleicht gleich noch einmal', 'Sie wird in einer Minute gelesen.'],
  'sync.pending': ['Die Datei wird noch geschrieben', 'Die nächste Runde nimmt sie.'],
  'sync.over-limit': [
    'Die Datei ist größer als die Grenze der Quelle',
    'Erhöhen Sie maxBytes, oder teilen Sie die Datei.',
  ],
  'sync.column': [
    'Der Bibliothek fehlt eine Spalte aus writeBack',
    'Legen Sie sie an (es zählt der interne Name), oder nennen Sie eine andere.',
  ],
  'sync.column-value': [
    'Eine Spalte nimmt den Wert nicht an',
    'Eine Auswahlspalte braucht die Kategorie unter ihren Werten; eine Spalte für die Konfidenz ist eine Zahl.',
  ],
  'sync.changed': [
    'Die Datei wurde nach der Entscheidung geändert',
    'Erst wird die neue Fassung entschieden, dann werden ihre Spalten gesetzt; nichts zu tun.',
  ],
  'sync.removals': [
    'Ungewöhnlich viele Originale sind auf einmal verschwunden',
    'Sehen Sie in die Bibliothek; stimmt es, rufen Sie `sluice sources sync --confirm-removals` auf.',
  ],
  'llm.no-answer': [
    'Das LLM hat zu diesem Dokument nicht geantwortet',
    `Wiederholen Sie ab „Nachfragen“. Oder: ${BY_HAND}`,
  ],
  'llm.rejected': ['Der Inhaltsfilter wies das Dokument ab', BY_HAND],
  'llm.refused': ['Das LLM lehnte eine Antwort ab', BY_HAND],
  'llm.output-too-long': ['Die Antwort passte nicht', 'Erhöhen Sie LLM_MAX_OUTPUT_TOKENS.'],
  'llm.input-too-long': ['Das Dokument passt nicht in das LLM', 'Senken Sie LLM_DOCUMENT_TOKENS.'],
  'llm.prompt-cut': [
    'Der Server las weniger, als gesendet wurde',
    'Erhöhen Sie seinen Kontext (OLLAMA_CONTEXT_LENGTH) und wiederholen Sie, was in Prüfung ist.',
  ],
  'llm.unsure': ['Das LLM war unsicher', BY_HAND],
  'llm.low-confidence': ['Die Antwort liegt unter der verlangten Konfidenz', BY_HAND],
  'llm.budget-spent': [
    'Das Budget des Laufs ist verbraucht',
    'Erhöhen Sie es und wiederholen Sie, was in Prüfung ist.',
  ],
  'llm.configuration': ['Das LLM lehnt die Anfrage so ab, wie es eingerichtet ist', 'Rufen Sie `sluice doctor` auf.'],
  'llm.quota-exhausted': [
    'Die Bereitstellung hat kein Kontingent mehr',
    'Fügen Sie eine hinzu, oder beantragen Sie Kontingent.',
  ],
  'llm.unavailable': [
    'Das LLM ist nicht erreichbar',
    'Prüfen Sie LLM_BASE_URL und das Netz; wiederholen Sie dann, was in Prüfung ist.',
  ],
  'route.low-confidence': ['Das Modell ist zu unsicher, um jemanden zu fragen', BY_HAND],
  'route.foreign': [
    'Das Dokument gleicht nichts, was eingeordnet wurde',
    'Ordnen Sie es von Hand ein, oder legen Sie eine Kategorie für seine Art an.',
  ],
  'route.llm-off': [
    'Das LLM ist für diesen Host oder Lauf abgeschaltet',
    'Schalten Sie es ein (--no-llm, LLM_ENABLED) und wiederholen Sie, was in Prüfung ist, oder ordnen Sie es von Hand ein.',
  ],
  'route.llm-disabled': [
    'Kein LLM eingerichtet',
    'Richten Sie eines ein und wiederholen Sie, was in Prüfung ist, oder ordnen Sie es von Hand ein.',
  ],
  'notice.refused': [
    'Webhook oder Mailserver lehnt die Nachricht ab',
    'Prüfen Sie NOTIFY_WEBHOOK, oder NOTIFY_EMAIL_FROM und das Konto in NOTIFY_SMTP; `sluice notices test` probiert sie.',
  ],
  'notice.unavailable': [
    'Webhook oder Mailserver hat nicht geantwortet',
    'Es wird einige Stunden lang wieder versucht.',
  ],
  'lake.not-found': ['Den Pfad gibt es nicht', 'Prüfen Sie Schreibweise und Container.'],
  'lake.conflict': ['Jemand anders hat zuerst geschrieben', 'Laden Sie neu und versuchen Sie es noch einmal.'],
  'lake.unavailable': [
    'Der Speicher hat nicht geantwortet',
    'Es wird wieder versucht; hält es an, prüfen Sie Konto und Netz.',
  ],
  'lake.forbidden': ['Der Speicher verweigert den Zugriff', 'Prüfen Sie die Rollen der Identität.'],
  'lake.refused': ['Der Speicher lehnte die Anfrage ab', 'Prüfen Sie Pfad und Konto; die Meldung nennt den Grund.'],
  'lake.unsupported-table': [
    'Die Tabelle hat, was nicht gelesen wird',
    'Nehmen Sie eine andere Spalte, entfernen Sie die Eigenschaft, oder kopieren Sie das Nötige in eine einfache Tabelle.',
  ],
  'lake.corrupt-table': [
    'Das Protokoll der Tabelle ist lückenhaft oder beschädigt',
    'Stellen Sie, was die Meldung nennt, aus einer Sicherung wieder her.',
  ],
  'query.invalid': [
    'Die Abfrage ist nicht gültig',
    'Eine lesende SQL-Anweisung über results, latest_results, llm_calls, runs und feedback.',
  ],
  'route.too-many-labels': [
    'Das LLM wird nach so vielen Kategorien nicht gefragt',
    'Ab 200 entscheiden die lokalen Stufen allein. Trainieren Sie ein Modell, bringen Sie einen Encoder, fassen Sie Kategorien zusammen, oder entscheiden Sie von Hand.',
  ],
  'taxonomy.no-description': [
    'Kategorien ohne Beschreibung',
    'Namen allein sagen LLM und Encoder wenig. Sagen Sie in einem Satz, was dorthin gehört.',
  ],
  'taxonomy.too-many-labels': [
    'Zu viele Kategorien',
    'Fassen Sie seltene zusammen, oder teilen Sie die Taxonomie: eine für die Art der Dokumente, eine für jede Art.',
  ],
  'lake.corrupt-record': [
    'Ein Datensatz von Sluice ist beschädigt oder überschrieben',
    'Stellen Sie ihn aus einer Sicherung wieder her; was ihn nicht braucht, geht weiter.',
  ],
  'review.no-batch': ['Diese Entscheidungen sind nicht bekannt', 'Zurücknehmen lassen sie sich 30 Tage lang.'],
  'review.decided-by-person': [
    'Das Dokument hat schon jemand entschieden',
    'Es bleibt, wie es ist. Wählen Sie es eigens aus, um es zu berichtigen.',
  ],
  'search.not-ready': [
    'Die Texte werden noch erschlossen',
    'Das geschieht einmal je Dokument. Fragen Sie in einer Minute noch einmal.',
  ],
  'search.too-large': [
    'Für die Suche sind es zu viele Entscheidungen',
    'Der Speicher reicht nicht. Geben Sie der Anwendung mehr davon, oder fragen Sie mit SQL.',
  ],
  'query.timeout': ['Die Abfrage dauerte zu lange', 'Fragen Sie nach weniger, oder geben Sie mehr Zeit.'],
  'lake.commit-conflict': ['Jemand anders hat dieselben Zeilen geändert', 'Versuchen Sie es noch einmal.'],
  'features.corrupt': ['Die Datei der Merkmale ist beschädigt', 'Wiederholen Sie ab „Zählen“.'],
  'model.not-found': ['Dieses Modell gibt es nicht', 'Trainieren Sie eines, oder prüfen Sie die Version.'],
  'model.corrupt': ['Die Datei des Modells ist beschädigt', 'Registrieren Sie es neu aus seiner Quelle.'],
  'model.checksum-mismatch': ['Die Datei ist nicht die registrierte', 'Registrieren Sie das Modell neu.'],
  'model.width-mismatch': [
    'Das Modell erwartet andere Merkmale',
    'Trainieren Sie es mit denselben Einstellungen der Merkmale.',
  ],
  'model.feature-mismatch': [
    'Das Modell wurde mit anderen Einstellungen der Merkmale trainiert',
    'Trainieren Sie es neu.',
  ],
  'model.unsupported': ['Diese Art Modell lässt sich nicht laden', 'Exportieren Sie es in einem unterstützten Format.'],
  'model.locale-missing': [
    'Auf dem Host fehlt eine Locale',
    'Installieren Sie die genannte, oder exportieren Sie das Modell mit C.UTF-8.',
  ],
  'model.not-evaluated': ['Das Modell ist nicht bewertet', 'Bewerten Sie es vor der Freigabe.'],
  'model.not-vouched-for': [
    'Das Modell wird nicht von selbst freigegeben',
    'Ihm fehlen Kategorien, weder Menschen noch Dateien haben es gelehrt, oder es würde nichts allein entscheiden. Sehen Sie es an und geben Sie es selbst frei.',
  ],
  'model.not-better': [
    'Das Modell ist nicht nachweislich besser',
    'Bewerten Sie es an mehr Zeilen mehrerer Kategorien, trainieren Sie an mehr, oder geben Sie es mit Begründung trotzdem frei.',
  ],
  'encoder.not-found': [
    'Diesen Encoder gibt es nicht',
    '`sluice encoder list` nennt alle; oder importieren Sie einen.',
  ],
  'encoder.missing-file': [
    'Dem Ordner des Encoders fehlt eine Datei',
    'Holen Sie, was die Meldung nennt, von dort, woher das Modell kommt.',
  ],
  'encoder.unsupported': [
    'Dieser Encoder wird nicht unterstützt',
    'Exportieren Sie ihn mit den genannten Ein- und Ausgaben als eine Datei, oder nehmen Sie einen kleineren.',
  ],
  'encoder.tokenizer-mismatch': [
    'Modell und Tokenizer gehören nicht zusammen',
    'Nehmen Sie beide vom selben Ort und importieren Sie den Ordner neu.',
  ],
  'encoder.bad-output': [
    'Der Encoder liefert keine brauchbaren Vektoren',
    'Versuchen Sie einen anderen Export oder einen anderen Encoder.',
  ],
  'encoder.corrupt': ['Das Verzeichnis des Encoders ist beschädigt', 'Importieren Sie seinen Ordner neu.'],
  'encoder.checksum-mismatch': [
    'Eine Datei des Encoders ist nicht die importierte',
    `Importieren Sie seinen Ordner neu; ${GOES_ON}`,
  ],
  'encoder.outdated': [
    'Der Encoder wurde von einer früheren Fassung importiert, die seine Texte anders zerlegt hat',
    `Importieren Sie seinen Ordner neu, verwenden Sie diese Version und trainieren Sie neu; ${GOES_ON}`,
  ],
  'encoder.dimensions-changed': [
    'Die Vektoren sind anders lang als beim Training',
    `Importieren Sie den Encoder neu und trainieren Sie neu; ${GOES_ON}`,
  ],
  'encoder.unavailable': ['Der Encoder konnte noch nicht antworten', 'Es wird wieder versucht.'],
  'encoder.not-allowed': [
    'An diesen Encoder darf hier kein Text gehen',
    'Es geht ohne ihn weiter; ein importierter arbeitet im Haus.',
  ],
  'encoder.no-deployment': [
    'EMBEDDING_DEPLOYMENTS kennt die Bereitstellung des Encoders nicht',
    'Tragen Sie sie wieder ein, oder wählen Sie mit `sluice encoder use` eine andere.',
  ],
  'encoder.refused': [
    'Die Bereitstellung des Encoders lehnt ab',
    `Prüfen Sie Adresse, Schlüssel, Modell und Kontingent in EMBEDDING_DEPLOYMENTS; ${GOES_ON}`,
  ],
  'encoder.unreachable': [
    'Die Bereitstellung des Encoders hat nicht geantwortet',
    `In fünf Minuten wird wieder gefragt; ${GOES_ON}`,
  ],
  'encoder.budget-spent': [
    'Das Geld reichte nicht für alle Vektoren',
    'Der Rest wurde ohne sie entschieden. Erhöhen Sie die Grenze und wiederholen Sie.',
  ],
  'encoder.text-refused': ['Die Bereitstellung lehnte einen Text ab', 'Er wurde ohne seinen Vektor entschieden.'],
  'encoder.out-of-memory': [
    'Der Encoder braucht mehr Speicher, als er hat',
    `Nehmen Sie einen mit kleinerem Wortschatz; ${GOES_ON}`,
  ],
  'encoder.crashed': [
    'Der Encoder brach zweimal ab',
    `Nehmen Sie einen anderen Export, oder prüfen Sie den Speicher des Hosts; ${GOES_ON}`,
  ],
  'train.no-rows': ['Die Daten haben keine brauchbare Zeile', 'Prüfen Sie die Spalten für Text und Kategorie.'],
  'train.one-class': ['Ein Training braucht mindestens zwei Kategorien', 'Fügen Sie Beispiele einer weiteren hinzu.'],
  'train.bad-value': ['Die Daten enthalten NaN oder Unendlich', 'Bereinigen Sie sie.'],
  'train.unknown-label': ['Eine Kategorie der Daten gibt es nicht', 'Berichtigen Sie sie, oder legen Sie sie an.'],
  'train.out-of-memory': [
    'Zu wenig Speicher für das Training',
    'Trainieren Sie mit dem Verlust „logistic“, der die Zeilen in Teilen nimmt, oder auf einer Instanz mit mehr Speicher.',
  ],
  'train.promise-not-kept': [
    'Das Modell ist für das verlangte Versprechen nicht genau genug',
    'Ordnen Sie mehr Dokumente ein, oder verlangen Sie weniger.',
  ],
  'train.too-few-samples': ['Zu wenige Beispiele für das verlangte Versprechen', 'Ordnen Sie mehr Dokumente ein.'],
  'config.invalid': ['Einstellungen sind falsch', 'Berichtigen Sie die genannten.'],
  'request.invalid': ['Die Angaben sind nicht gültig', 'Berichtigen Sie das genannte Feld.'],
  'request.too-large': [
    'Die Datei ist zu groß',
    'Senden Sie eine kleinere, legen Sie sie anders in den Speicher, oder erhöhen Sie UPLOAD_MAX_BYTES.',
  ],
  'request.unauthenticated': [
    'Sie sind nicht angemeldet',
    'Melden Sie sich an, oder senden Sie ein Token für die API.',
  ],
  'request.forbidden': ['Das dürfen Sie nicht', 'Bitten Sie einen Administrator um die genannte Rolle.'],
  'secret.not-found': [
    'Das Geheimnis ist nicht im Tresor',
    'Legen Sie es in den Key Vault, oder prüfen Sie KEY_VAULT_URI.',
  ],
  'secret.forbidden': ['Die Identität darf den Tresor nicht lesen', 'Geben Sie ihr die Rolle Key Vault Secrets User.'],
  'secret.unavailable': [
    'Der Key Vault hat nicht geantwortet',
    'Es wird wieder versucht; hält es an, prüfen Sie das Netz.',
  ],
  'document.not-found': ['Zu diesem Dokument gibt es keine Entscheidung', 'Prüfen Sie die Kennung.'],
  'document.erased': ['Das Dokument wurde auf Verlangen gelöscht', 'Nichts zu tun.'],
  'run.not-found': ['Diesen Lauf gibt es nicht', 'Die Ansicht „Läufe“ nennt alle.'],
  'run.exists': ['Diesen Lauf gibt es schon', 'Gezeigt wird sein Zustand.'],
  'run.not-finished': ['Der Lauf ist noch nicht beendet', 'Warten Sie, oder brechen Sie ihn ab.'],
  'run.forgotten': [
    'Die Texte des Laufs wurden nach RETENTION_DAYS gelöscht',
    'Starten Sie stattdessen einen Lauf über seine Quellen.',
  ],
  'run.conservation': [
    'Eingang und Entscheidungen stimmen nicht überein',
    'Das ist ein Fehler von Sluice: Bewahren Sie den Ordner des Laufs auf und melden Sie ihn.',
  ],
  'run.cancelled': ['Der Lauf wurde abgebrochen', 'Er lässt sich fortsetzen.'],
  'disk.full': [
    'Die Festplatte ist voll',
    'Schaffen Sie Platz; was wartet, geht von selbst weiter, eine abgelehnte Anfrage lässt sich noch einmal senden.',
  ],
  internal: ['Interner Fehler', 'Das ist ein Fehler von Sluice. Bewahren Sie das Protokoll auf und melden Sie ihn.'],
};

export const errors: typeof words = { byCode };

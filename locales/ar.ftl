# العربية. الأزرار بصيغة المصدر، والإرشادات بصيغة الأمر المعتادة في الواجهات.

# Everywhere
language-menu = اللغة
continue = متابعة
cancel = إلغاء
back-to = العودة إلى { $name }
show-password = إظهار
show-password-label = إظهار كلمة المرور
hide-password = إخفاء
hide-password-label = إخفاء كلمة المرور
error-prefix = خطأ: { $title }
signed-in-as = أنت مسجَّل الدخول باسم { $name }
sign-out = تسجيل الخروج
wait-seconds = { $count ->
    [zero] حاول مرة أخرى الآن.
    [one] انتظر ثانية واحدة ثم حاول مرة أخرى.
    [two] انتظر ثانيتين ثم حاول مرة أخرى.
    [few] انتظر { $count } ثوانٍ ثم حاول مرة أخرى.
    [many] انتظر { $count } ثانيةً ثم حاول مرة أخرى.
   *[other] انتظر { $count } ثانية ثم حاول مرة أخرى.
}
wait-minutes = { $count ->
    [zero] حاول مرة أخرى الآن.
    [one] انتظر دقيقة واحدة ثم حاول مرة أخرى.
    [two] انتظر دقيقتين ثم حاول مرة أخرى.
    [few] انتظر { $count } دقائق ثم حاول مرة أخرى.
    [many] انتظر { $count } دقيقةً ثم حاول مرة أخرى.
   *[other] انتظر { $count } دقيقة ثم حاول مرة أخرى.
}

# Sign in
login-title = تسجيل الدخول
login-title-app = تسجيل الدخول إلى { $app }
login-title-again = تأكيد هويتك
login-lead = استخدم حسابك لدى { $tenant }.
login-lead-again = يطلب التطبيق { $app } أن تسجّل الدخول من جديد قبل المتابعة.
login-username = البريد الإلكتروني أو اسم المستخدم
login-username-missing = أدخل بريدك الإلكتروني أو اسم المستخدم.
login-password = كلمة المرور
login-password-missing = أدخل كلمة المرور.
login-submit = تسجيل الدخول
login-forgot = هل نسيت كلمة المرور؟
login-signup = إنشاء حساب
login-wrong = اسم المستخدم وكلمة المرور غير متطابقين. تحقّق منهما ثم حاول مرة أخرى.
login-too-many = كثرت محاولات تسجيل الدخول.
login-unavailable = يتعذّر علينا التحقق من كلمة المرور في الوقت الحالي، ولا خطأ فيها. انتظر دقيقة ثم حاول مرة أخرى.
login-stale = ظلّت هذه الصفحة مفتوحة مدة طويلة. جرى تحديثها الآن، فسجّل الدخول من جديد.

# Consent
consent-title = هل تسمح للتطبيق { $app } باستخدام حسابك؟
consent-what = سيتمكّن التطبيق { $app } من
consent-how-long = المدة
consent-session = إلى أن تسجّل الخروج
consent-days = { $count ->
    [zero] إلى أن تلغي الإذن
    [one] لمدة يوم واحد، أو إلى أن تلغي الإذن
    [two] لمدة يومين، أو إلى أن تلغي الإذن
    [few] لمدة { $count } أيام، أو إلى أن تلغي الإذن
    [many] لمدة { $count } يومًا، أو إلى أن تلغي الإذن
   *[other] لمدة { $count } يوم، أو إلى أن تلغي الإذن
}
consent-until-revoked = إلى أن تلغي الإذن
consent-where-next = وجهتك التالية
consent-allow = السماح
consent-deny = عدم السماح
consent-policy = سياسة الخصوصية للتطبيق
consent-terms = شروط استخدام التطبيق
scope-openid = معرفة هويتك
scope-openid-detail = معرّف خاص بك ووقت تسجيل دخولك.
scope-profile = الاطلاع على ملفك الشخصي
scope-profile-detail = اسمك وصورتك ولغتك ومنطقتك الزمنية.
scope-email = الاطلاع على بريدك الإلكتروني
scope-email-detail = العنوان وما إذا كان مؤكَّدًا.
scope-address = الاطلاع على عنوانك البريدي
scope-address-detail = الشارع والمدينة والمنطقة والبلد.
scope-phone = الاطلاع على رقم هاتفك
scope-phone-detail = الرقم وما إذا كان مؤكَّدًا.
scope-offline = البقاء متصلًا في غيابك
scope-offline-detail = استخدام هذه الأذونات وأنت غائب دون أن يسألك مجددًا.
scope-other-detail = إذن يسمّيه التطبيق بهذا الاسم.

# Sign out
logout-title = هل تريد تسجيل الخروج؟
logout-asked-by = طلب التطبيق { $app } تسجيل خروجك.
logout-effect = سيلزمك تسجيل الدخول من جديد في التطبيقات التي تستخدم هذا الحساب في هذا المتصفح.
logout-stay = البقاء مسجَّل الدخول
logged-out-title = تم تسجيل خروجك
logged-out-text = يمكنك إغلاق هذه النافذة.
sign-in-again = تسجيل الدخول من جديد

# Accounts
choose-title = اختيار حساب
choose-lead = للمتابعة إلى { $app }
choose-other = استخدام حساب آخر
home-title = أنت مسجَّل الدخول
home-playground = فتح ساحة التجربة
welcome-title = مرحبًا
welcome-text = سجّل الدخول للاطلاع على حسابك.

# New password
password-title = تعيين كلمة مرور جديدة
password-lead-required = لم تعد كلمة المرور القديمة للحساب { $name } صالحة. عيّن كلمة مرور جديدة للمتابعة.
password-lead-forgotten = اختر كلمة مرور جديدة للحساب { $name }.
password-new = كلمة المرور الجديدة
password-rule = { $count ->
    [zero] بضع كلمات لا تجتمع في قول مألوف يسهل تذكّرها ويصعب تخمينها.
    [one] حرف واحد على الأقل. بضع كلمات لا تجتمع في قول مألوف يسهل تذكّرها ويصعب تخمينها.
    [two] حرفان على الأقل. بضع كلمات لا تجتمع في قول مألوف يسهل تذكّرها ويصعب تخمينها.
    [few] { $count } أحرف على الأقل. بضع كلمات لا تجتمع في قول مألوف يسهل تذكّرها ويصعب تخمينها.
    [many] { $count } حرفًا على الأقل. بضع كلمات لا تجتمع في قول مألوف يسهل تذكّرها ويصعب تخمينها.
   *[other] { $count } حرف على الأقل. بضع كلمات لا تجتمع في قول مألوف يسهل تذكّرها ويصعب تخمينها.
}
password-save = حفظ ومتابعة
password-missing = أدخل كلمة مرور جديدة.
password-short = كلمة المرور هذه قصيرة جدًا.
password-long = كلمة المرور هذه طويلة جدًا.
password-common = كلمة المرور هذه شائعة أو معروفة من تسريب سابق. اختر كلمة أخرى.
password-same = هذه هي كلمة المرور القديمة. اختر كلمة أخرى.
recover-title = استعادة الوصول
recover-lead = يتيح هذا الرابط للحساب { $name } دخول الإدارة مرة واحدة. عيّن كلمة مرور جديدة لاستخدامه.

# Errors
error-home = الانتقال إلى صفحة البداية
error-details = تفاصيل للمطوّرين
error-operation = رقم العملية
error-tell-app = عُد إلى التطبيق وحاول مرة أخرى. إن تكرّر الأمر فأخبر القائمين على التطبيق واذكر رقم العملية أدناه.
error-start-again = عُد إلى التطبيق وابدأ من جديد.
error-ask-admin = إن رأيت في ذلك خطأً فاسأل مسؤول النظام لديك واذكر رقم العملية أدناه.
error-later = حاول مرة أخرى بعد لحظات. حسابك وبياناتك في أمان.
error-request = لا يمكن تلبية هذا الطلب
error-request-what = أرسلك التطبيق بطلب لا نستطيع الإجابة عنه.
error-client = لا نعرف هذا التطبيق
error-client-what = التطبيق الذي أرسلك إلى هنا غير مسجَّل لدينا أو جرى إيقافه.
error-redirect = لا يمكننا إعادتك إلى هناك
error-redirect-what = طلب التطبيق إرسالك إلى عنوان لم يسجّله لدينا، فتوقفنا هنا حفاظًا على أمان حسابك.
error-flow = انتهت عملية تسجيل الدخول هذه
error-flow-what = تُركت مفتوحة مدة طويلة أو اكتملت من قبل.
error-browser = بدأت عملية تسجيل الدخول هذه في مكان آخر
error-browser-what = بدأت في متصفح آخر، أو أن هذا المتصفح لا يحتفظ بملفات الارتباط الخاصة بنا.
error-browser-next = اسمح بملفات الارتباط لهذا الموقع، ثم عُد إلى التطبيق وابدأ من جديد.
error-form = لم تعد هذه الصفحة صالحة
error-form-what = لم نستطع التأكد من أن النموذج أُرسل منك، فلم يتغيّر شيء.
error-form-next = ارجع وأعد تحميل الصفحة ثم كرّر الخطوة الأخيرة.
error-link = لم يعد هذا الرابط صالحًا
error-link-what = استُخدم من قبل، أو حلّ محله رابط أحدث، أو انقضت مدته.
error-link-next = اطلب رابطًا جديدًا. وإن كان لديك أكثر من رابط فأحدثها وحده يعمل.
error-account = لا يمكنك استخدام هذا الحساب الآن
error-account-what = كلمة المرور صحيحة، لكن هذا الحساب موقوف.
error-forbidden = لا يمكنك فتح هذه الصفحة
error-forbidden-what = ليس لحسابك الحق في الاطلاع عليها.
error-not-found = لا شيء هنا
error-not-found-what = ربما كُتب العنوان بصورة خاطئة أو نُقلت الصفحة.
error-not-found-next = تحقّق من العنوان أو ابدأ من صفحة البداية.
error-too-many = كان ذلك أسرع مما ينبغي
error-too-many-what = وردت من شبكتك طلبات أكثر مما نسمح به في وقت قصير.
error-too-many-next = خذ استراحة قصيرة.
error-unavailable = سنعود بعد لحظات
error-unavailable-what = ثمة خدمة نحتاج إليها لا تستجيب في الوقت الحالي.
error-internal = حدث خطأ لدينا
error-internal-what = الخطأ من جانبنا لا من جانبك. وقد سُجّل وسيُنظر فيه.
error-internal-next = حاول مرة أخرى. وإن تكرّر الأمر فاذكر لنا رقم العملية أدناه.

# Form post
form-post-title = جارٍ إعادتك
form-post-text = أنت في طريقك إلى { $host }. إن لم يحدث شيء فاضغط الزر.

# Mailbox of the development server
mail-title = صندوق البريد
mail-lead = الرسائل التي كان خادم التطوير هذا سيرسلها.
mail-empty = لا رسائل بعد. كل ما يرسله Portico يصل إلى هنا.
mail-back = كل الرسائل
mail-from = من
mail-to = إلى
mail-at = التاريخ

# Playground
playground-title = ساحة التجربة
playground-lead = جرّب تسجيل دخول حقيقيًا وانظر إلى كل خطوة: ما يُطلب، وما يُجاب به، وما تحويه الرموز.
playground-issuer = جهة الإصدار
playground-issuer-hint = منها يُعرف كل ما عداها.
playground-client = معرّف التطبيق
playground-secret-own = لتطبيقي سرّ
playground-secret = سرّ التطبيق
playground-secret-hint = لن يُعرض هنا مرة أخرى.
playground-secret-body = إرساله في متن الطلب (client_secret_post) لا في الترويسة
playground-scope = النطاق
playground-scope-hint = كلمات تفصل بينها مسافات، ولا بدّ من openid للحصول على رمز الهوية.
playground-start = بدء تسجيل الدخول
playground-redirect = لاستخدام تطبيق خاص بك سجّل عنوان إعادة التوجيه هذا:
playground-done = نجح تسجيل الدخول
playground-subject = معرّف من سجّل الدخول هو { $name }.
playground-restart = البدء من جديد
playground-next = التجربة بهذه الرموز
playground-tokens = الرموز
playground-steps = الخطوات
playground-sent = ما أُرسل
playground-checked = ما جرى التحقق منه
playground-answer = ما ورد ردًّا
playground-header = الترويسة
playground-raw = كما أُرسل
playground-failed = لم ينجح تسجيل الدخول
playground-failed-text = أجاب مزوّد الهوية بخطأ. هذا ما يُبلَّغ به التطبيق.
playground-failed-own = توقّف التطبيق هنا لأن شيئًا لم يتطابق.
playground-error = الخطأ
playground-description = الوصف
playground-at = عند الخطوة
playground-again = المحاولة مرة أخرى
playground-problem-form = هذا النموذج قديم أو لم يُنشأ لهذا المتصفح. حاول مرة أخرى.
playground-problem-issuer = لا تتصل ساحة التجربة إلا بهذا الخادم: جهة الإصدار هي { $name } أو إحدى الجهات التابعة لها.
playground-problem-client = أدخل معرّف التطبيق.
playground-problem-public = الفحص للتطبيقات التي لها سرّ. هذا التطبيق عام وليس لديه ما يثبت به هويته؛ جرّب ذلك بتطبيق خاص بك.
playground-problem-tool = لا يمكن ذلك بهذه الرموز.
tool-userinfo = معلومات المستخدم
tool-refresh = تجديد
tool-introspect = فحص
tool-revoke = إبطال
step-discovery = الاستكشاف
step-discovery-note = يقرأ التطبيق مواضع كل شيء.
step-keys = المفاتيح
step-keys-note = يقرأ التطبيق المفاتيح العامة التي يميز بها التوقيع الصحيح من المزوَّر.
step-authorize = طلب التفويض
step-authorize-note = يُرسَل المتصفح لتسجيل الدخول مع قيم جديدة لكل من state وnonce وPKCE.
step-callback = جواب التفويض
step-callback-note = يعود المتصفح برمز مؤقت، وتُقارَن قيمة state وجهة الإصدار.
step-token = طلب الرموز
step-token-note = يُستبدل الرمز المؤقت وسرّ PKCE بالرموز من خادم إلى خادم.
step-verify = التحقق من رمز الهوية
step-verify-note = التوقيع والأوقات وكل ما هو مذكور هنا متطابقة، فيمكن للتطبيق أن يثق به.
step-userinfo = طلب معلومات المستخدم
step-userinfo-note = يتيح رمز الوصول المعلومات التي يسمح بها نطاقه.
step-refresh = التجديد
step-refresh-note = يُستبدل رمز التجديد برموز جديدة، ولا يعود القديم صالحًا.
step-introspect = الفحص
step-introspect-note = تسأل واجهة برمجية هل الرمز سارٍ وما الذي يسمح به.
step-revoke = الإبطال
step-revoke-note = ينتهي الآن هذا الرمز وكل ما نشأ عنه.
token-id = رمز الهوية
token-id-note = يخبر التطبيق بمن سجّل الدخول ومتى وكيف، ولا يتيح الوصول إلى شيء.
token-access = رمز الوصول
token-access-note = يتيح استخدام واجهة برمجية مدة قصيرة.
token-refresh = رمز التجديد
token-refresh-note = يجلب رموزًا جديدة دون تسجيل دخول جديد، ولا يقرؤه إلا مزوّد الهوية.
claim-iss = من أصدر الرمز
claim-sub = من يتحدث عنه الرمز
claim-aud = لمن أُصدر
claim-exp = صالح حتى
claim-iat = وقت الإصدار
claim-nbf = صالح ابتداءً من
claim-jti = رقم هذا الرمز
claim-auth-time = آخر مرة أثبت فيها الشخص هويته
claim-nonce = يربط الرمز بالطلب
claim-acr = درجة الثقة في إثبات الهوية
claim-amr = وسيلة إثبات الهوية
claim-client = التطبيق الذي أُصدر له
claim-hash = يربط الرمز بقيمة أخرى في الجواب
claim-sid = الجلسة، لتسجيل الخروج من كل مكان
claim-scope = ما يسمح به
claim-name = اسم الشخص
claim-email = بريده الإلكتروني
claim-email-verified = هل البريد مؤكَّد
claim-username = الاسم الذي يُعرف به
claim-updated = آخر تغيير في هذه المعلومات
moment-now = الآن
in-seconds = { $count ->
    [zero] الآن
    [one] بعد ثانية واحدة
    [two] بعد ثانيتين
    [few] بعد { $count } ثوانٍ
    [many] بعد { $count } ثانيةً
   *[other] بعد { $count } ثانية
}
in-minutes = { $count ->
    [zero] الآن
    [one] بعد دقيقة واحدة
    [two] بعد دقيقتين
    [few] بعد { $count } دقائق
    [many] بعد { $count } دقيقةً
   *[other] بعد { $count } دقيقة
}
in-hours = { $count ->
    [zero] الآن
    [one] بعد ساعة واحدة
    [two] بعد ساعتين
    [few] بعد { $count } ساعات
    [many] بعد { $count } ساعةً
   *[other] بعد { $count } ساعة
}
in-days = { $count ->
    [zero] اليوم
    [one] بعد يوم واحد
    [two] بعد يومين
    [few] بعد { $count } أيام
    [many] بعد { $count } يومًا
   *[other] بعد { $count } يوم
}
ago-seconds = { $count ->
    [zero] الآن
    [one] قبل ثانية واحدة
    [two] قبل ثانيتين
    [few] قبل { $count } ثوانٍ
    [many] قبل { $count } ثانيةً
   *[other] قبل { $count } ثانية
}
ago-minutes = { $count ->
    [zero] الآن
    [one] قبل دقيقة واحدة
    [two] قبل دقيقتين
    [few] قبل { $count } دقائق
    [many] قبل { $count } دقيقةً
   *[other] قبل { $count } دقيقة
}
ago-hours = { $count ->
    [zero] الآن
    [one] قبل ساعة واحدة
    [two] قبل ساعتين
    [few] قبل { $count } ساعات
    [many] قبل { $count } ساعةً
   *[other] قبل { $count } ساعة
}
ago-days = { $count ->
    [zero] اليوم
    [one] قبل يوم واحد
    [two] قبل يومين
    [few] قبل { $count } أيام
    [many] قبل { $count } يومًا
   *[other] قبل { $count } يوم
}

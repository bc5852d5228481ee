use super::Installation;

const PASSWORD: &str = "Pelican-3-harbour-lantern";

#[test]
fn a_user_is_made_moved_and_listed() {
    for at in Installation::everywhere() {
        let line = [
            "user",
            "create",
            "--email",
            "ada@example.com",
            "--name",
            "Ada",
            "--password-stdin",
            "--verified",
        ];
        let line: Vec<&str> = line.into_iter().chain(["--role", "admin", "--output", "json"]).collect();
        let done = at.run_with(&line, &format!("{PASSWORD}\n"));
        let ada = done.object();
        assert_eq!((&ada["email"], &ada["state"]), (&"ada@example.com".into(), &"active".into()));
        assert!(!done.out.contains(PASSWORD) && !done.out.contains("argon2"));
        let id = ada["id"].as_str().unwrap();
        for (step, state) in [
            ("create", ""),
            ("suspend", "suspended"),
            ("activate", "active"),
            ("deactivate", "deactivated"),
            ("delete", "deleted"),
            ("restore", "deactivated"),
        ] {
            if step == "create" {
                at.json(&["user", "create", "--email", "bob@example.com", "--verified", "--role", "admin"]);
            } else {
                assert_eq!(at.json(&["user", step, "ADA@example.com"])["state"], state, "{step}");
            }
        }
        assert_eq!(at.json(&["user", "show", id])["id"], id);
        assert!(at.refused(&["user", "suspend", "bob@example.com"]).contains("last active administrator"));
        assert!(at.refused(&["user", "suspend", "nobody@example.com"]).contains("no account"));
        let first = at.json(&["user", "list", "--limit", "1"]);
        let rest = at.json(&["user", "list", "--after", first["next"].as_str().unwrap()]);
        assert_eq!((first["users"][0]["id"].as_str(), &rest["next"]), (Some(id), &serde_json::Value::Null));
        assert_eq!(rest["users"][0]["email"], "bob@example.com");
        let link = at.json(&["admin", "recover", "--email", "bob@example.com"]);
        assert!(link["url"].as_str().unwrap().starts_with("http://localhost:8080/reset?token=ptl_"));
    }
}

#[test]
fn weak_and_missing_passwords_are_refused() {
    let at = Installation::new();
    let line = ["user", "create", "--email", "ada@example.com", "--password-stdin"];
    for (input, why) in
        [("", "no password"), ("short\n", "at least 15"), ("ada@example.com!!\n", "must not contain")]
    {
        let done = at.run_with(&line, input);
        assert_eq!(done.code, Some(1));
        assert!(done.err.contains(why), "{done:?}");
    }
    assert_eq!(at.json(&["user", "list"])["users"].as_array().unwrap().len(), 0);
}

#[test]
fn a_client_is_told_with_the_standards_names() {
    for at in Installation::everywhere() {
        let made = at.json(&[
            "client",
            "create",
            "--name",
            "App",
            "--type",
            "web",
            "--redirect-uri",
            "https://rp.example.com/cb",
            "--grant",
            "authorization_code",
            "--grant",
            "refresh_token",
            "--scope",
            "openid",
            "--scope",
            "email",
            "--auth-method",
            "client_secret_post",
            "--first-party",
        ]);
        let (id, secret) = (made["client_id"].as_str().unwrap(), made["client_secret"].as_str().unwrap());
        assert!(secret.starts_with("pts_"));
        assert_eq!(made["scope"], "openid email");
        assert_eq!(made["token_endpoint_auth_method"], "client_secret_post");
        assert_eq!(made["first_party"], true);
        assert!(at.json(&["client", "show", id]).get("client_secret").is_none());
        let rotated = at.json(&["client", "rotate-secret", id, "--overlap", "1h"]);
        assert_ne!(rotated["client_secret"], secret);
        assert!(rotated["older_secret_expires_at"].as_i64().unwrap() > 0);
        assert_eq!(at.json(&["client", "disable", id])["state"], "disabled");
        assert_eq!(at.json(&["client", "enable", id])["state"], "active");
        assert_eq!(at.json(&["client", "list"])["clients"][0]["client_id"], id);
        at.json(&["client", "delete", id]);
        assert!(at.refused(&["client", "show", id]).contains("no client"));
    }
    let at = Installation::new();
    let line =
        ["client", "create", "--name", "App", "--type", "spa", "--redirect-uri", "http://rp.example.com/"];
    assert!(at.refused(&line).contains("plain http"));
}

#[test]
fn tenants_have_people_of_their_own() {
    for at in Installation::everywhere() {
        let acme = at.json(&["tenant", "create", "--slug", "acme", "--name", "Acme"]);
        assert_eq!(acme["issuer"], "http://localhost:8080/t/acme");
        at.json(&["--tenant", "acme", "user", "create", "--email", "ada@example.com"]);
        assert!(at.refused(&["user", "show", "ada@example.com"]).contains("no account"));
        assert_eq!(at.json(&["user", "show", "ada@example.com", "--tenant", "acme"])["state"], "created");
        assert_eq!(at.json(&["tenant", "disable", "acme"])["state"], "disabled");
        assert_eq!(at.json(&["tenant", "enable", "acme"])["state"], "active");
        assert!(at.refused(&["tenant", "disable", "default"]).contains("cannot be disabled"));
        assert!(at.refused(&["tenant", "create", "--slug", "acme", "--name", "B"]).contains("exists"));
        assert!(at.refused(&["tenant", "create", "--slug", "Acme", "--name", "B"]).contains("slug"));
        assert!(at.refused(&["--tenant", "nowhere", "user", "list"]).contains("no tenant nowhere"));
        assert_eq!(at.json(&["tenant", "list"])["tenants"].as_array().unwrap().len(), 2);
    }
}

#[test]
fn wrong_usage_is_told_from_refusal() {
    let at = Installation::new();
    for line in [
        &["bogus"][..],
        &["user"],
        &["user", "create"],
        &["user", "list", "--limit", "0"],
        &["client", "create", "--name", "x", "--type", "y"],
    ] {
        let done = at.run(line);
        assert_eq!((done.code, done.out.as_str()), (Some(2), ""), "{line:?}");
    }
    for line in [&["--help"][..], &["--version"], &["help", "client"]] {
        assert_eq!(at.run(line).code, Some(0), "{line:?}");
    }
    assert!(!at.run(&["--help"]).out.contains("bench-seed"), "what is for measuring is not shown");
    assert!(at.refused(&["--config", "missing.toml", "user", "list"]).contains("missing.toml"));
    assert_eq!(at.run(&["--config", "portico.toml", "serve", "--dev"]).code, Some(2));
}

#[test]
fn r_25_a_mistake_in_the_configuration_is_named() {
    let at = Installation::new();
    let file = at.folder.join("portico.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    assert_eq!(at.json(&["config", "check"])["ok"], true);
    std::fs::write(&file, text.replace("rsa_bits", "rsa_bit")).unwrap();
    let why = at.refused(&["serve"]);
    assert!(why.contains("portico.toml:") && why.contains("rsa_bits"), "{why}");
    let done = at.run(&["config", "check"]);
    assert_eq!(done.code, Some(1));
    assert!(done.out.contains("rsa_bit"));
}

#[test]
fn the_doctor_changes_nothing_and_finds_what_is_wrong() {
    for at in Installation::everywhere() {
        let before = at.run(&["doctor"]);
        assert_eq!(before.code, Some(0), "{before:?}");
        assert!(!at.folder.join("keys").exists(), "a look makes nothing");
        at.json(&["tenant", "list"]);
        let healthy = at.json(&["doctor"]);
        let failed = |told: &serde_json::Value| {
            let checks = told["checks"].as_array().unwrap().clone();
            checks.iter().filter(|check| check["status"] == "failed").count()
        };
        assert_eq!(failed(&healthy), 0, "{healthy}");
        std::fs::remove_file(at.folder.join("keys/master.key")).unwrap();
        let ill = at.run(&["doctor", "--output", "json"]);
        assert_eq!((ill.code, failed(&ill.object())), (Some(1), 1), "{ill:?}");
    }
}

#[test]
fn migrations_wait_for_the_operator_when_told_to() {
    let at = Installation::new();
    let file = at.folder.join("portico.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("[database]\n", "[database]\nmigrate = \"manual\"\n")).unwrap();
    assert!(at.refused(&["serve"]).contains("portico migrate"));
    assert_eq!(at.json(&["migrate", "status"])["up_to_date"], false);
    assert!(!at.json(&["migrate"])["migrated"].as_array().unwrap().is_empty());
    assert_eq!(at.json(&["migrate", "status"])["up_to_date"], true);
    at.json(&["user", "list"]);
}

#[test]
fn the_load_tests_rows_are_made_in_bulk() {
    for at in Installation::everywhere() {
        let line =
            ["bench-seed", "--users", "1200", "--sessions", "1300", "--clients", "20", "--to", "seed.json"];
        let told = at.json(&line);
        assert_eq!((&told["users"], &told["sessions"]), (&1200.into(), &1300.into()));
        let seed: serde_json::Value =
            serde_json::from_slice(&std::fs::read(at.folder.join("seed.json")).unwrap()).unwrap();
        assert_eq!(seed["session_cookie"], "portico_session");
        assert_eq!(seed["sessions"].as_array().unwrap().len(), 1300);
        assert!(seed["clients"][19]["client_secret"].as_str().unwrap().starts_with("pts_"));
        assert!(!seed["users"].as_array().unwrap().is_empty());
    }
}

//! Random text, keys, certificates and passwords. Helm makes them anew each time it renders; here are fixed
//! stand-ins of the same shape, so that the same input renders the same.

use super::super::objects::{Object, STAND_IN};
use super::super::template::value::Value;
use super::super::template::{Frame, Refusal};
use super::encoding::base64;
use super::{Function, Outcome};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("randAlphaNum", "i", |frame, a| {
        repeated(frame, 'a', a.int(0))
    }),
    Function::new("randAlpha", "i", |frame, a| repeated(frame, 'a', a.int(0))),
    Function::new("randAscii", "i", |frame, a| repeated(frame, 'a', a.int(0))),
    Function::new("randNumeric", "i", |frame, a| {
        repeated(frame, '1', a.int(0))
    }),
    Function::new("randBytes", "i", |frame, a| {
        let count = bounded(frame, a.int(0))?;
        Ok(base64(&vec![0; count]).into())
    }),
    Function::new("uuidv4", "", |_, _| {
        Ok("00000000-0000-4000-8000-000000000000".into())
    }),
    Function::new("bcrypt", "s", |_, _| Ok(STAND_IN.into())),
    Function::new("htpasswd", "ss", |_, a| {
        let name = a.text(0);
        if name.contains(':') {
            return Ok(format!("invalid username: {}", name.as_str()).into());
        }
        Ok(format!("{}:{STAND_IN}", name.as_str()).into())
    }),
    Function::new("derivePassword", "ussss", |_, _| Ok(STAND_IN.into())),
    Function::new("genPrivateKey", "s", |_, a| {
        let kind = a.text(0);
        Ok(match kind.as_str() {
            "" | "rsa" | "dsa" | "ecdsa" | "ed25519" => STAND_IN.into(),
            _ => format!("Unknown type {}", kind.as_str()).into(),
        })
    }),
    Function::new("buildCustomCert", "ss", |_, _| certificate()),
    Function::new("genCA", "si", |_, _| certificate()),
    Function::new("genCAWithKey", "sis", |_, _| certificate()),
    Function::new("genSelfSignedCert", "slli", |_, _| certificate()),
    Function::new("genSelfSignedCertWithKey", "sllis", |_, _| certificate()),
    Function::new("genSignedCert", "sllic", |_, _| certificate()),
    Function::new("genSignedCertWithKey", "sllics", |_, _| certificate()),
    Function::new("encryptAES", "ss", |_, _| Ok(STAND_IN.into())),
    Function::new("decryptAES", "ss", |_, _| {
        Err(Refusal::Unsupported("kvguard does not decrypt".to_owned()))
    }),
];

fn certificate() -> Outcome {
    Ok(Value::object(Object::Certificate))
}

fn bounded(frame: &mut Frame<'_>, count: i64) -> Result<usize, Refusal> {
    let count = usize::try_from(count.max(0)).unwrap_or(usize::MAX);
    frame.engine.spend(count)?;
    Ok(count)
}

fn repeated(frame: &mut Frame<'_>, character: char, count: i64) -> Outcome {
    let count = bounded(frame, count)?;
    Ok(character.to_string().repeat(count).into())
}

//! The command line (architecture §7). Texts shown to people are in French.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Répertoire national de l'offre et des ressources en santé : serveur et commandes.
#[derive(Debug, Parser)]
#[command(name = "ror", version, arg_required_else_help = true, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Engendre un territoire fictif et le sert, en une étape
    Demo(Demo),
    /// Sert un répertoire de données
    Serve(Serve),
    /// Charge des fichiers d'un registre
    Import(Import),
    /// Vérifie des fichiers de ressources, sans serveur
    Validate(Validate),
    /// Écrit un territoire fictif en fichiers NDJSON, avec la liste de ses défauts
    Synth(Synth),
    /// Gère les logiciels clients
    Client {
        #[command(subcommand)]
        command: Client,
    },
    /// Gère les clés qui signent les jetons
    Keys {
        #[command(subcommand)]
        command: Keys,
    },
    /// Gère les habilitations des personnes
    Person {
        #[command(subcommand)]
        command: Person,
    },
    /// Vérifie le registre des versions et le modèle de lecture
    Check(Check),
}

/// Size of a synthetic territory.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum Scale {
    /// Un département (Ain) : 3 400 offres
    #[default]
    Xs,
    /// Une petite région (Centre-Val de Loire) : 11 500 offres
    S,
    /// Une grande région (Auvergne-Rhône-Alpes) : 41 000 offres, tous les professionnels décrits
    M,
}

#[derive(Args, Debug)]
pub(crate) struct Demo {
    /// Taille du territoire
    #[arg(long, value_enum, default_value_t)]
    pub(crate) scale: Scale,
    /// Adresse d'écoute
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// Dossier des données
    #[arg(long, default_value = "data/demo")]
    pub(crate) data: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct Serve {
    /// Dossier des données
    #[arg(long, env = "ROR_DATA")]
    pub(crate) data: Option<PathBuf>,
    /// Adresse d'écoute (127.0.0.1:8080 par défaut)
    #[arg(long, env = "ROR_LISTEN")]
    pub(crate) listen: Option<SocketAddr>,
    /// Fichier de configuration (TOML)
    #[arg(long, env = "ROR_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// Bac à sable : données fictives, secrets admis pour tous les profils
    #[arg(long)]
    pub(crate) sandbox: bool,
    /// Adresse de tuiles sous les cartes, avec {z}, {x} et {y} ; aucune par défaut. Le serveur de
    /// tuiles apprend où regardent les visiteurs
    #[arg(long, env = "ROR_MAP_TILES", value_name = "URL", requires = "map_attribution")]
    pub(crate) map_tiles: Option<String>,
    /// Auteurs des tuiles, écrits sur les cartes
    #[arg(long, env = "ROR_MAP_ATTRIBUTION", value_name = "TEXTE")]
    pub(crate) map_attribution: Option<String>,
}

/// What [`Import`] reads from files.
const READ_FROM_FILES: [(&str, &str); 5] =
    [("register", "fhir"), ("register", "finess"), ("register", "sae"), ("register", "cog"), ("register", "package")];

#[derive(Args, Debug)]
pub(crate) struct Import {
    /// Registre d'où viennent les fichiers
    #[arg(value_enum)]
    pub(crate) register: Register,
    /// Fichiers, ou dossiers dont tous les fichiers sont lus ; aucun pour les modèles de saisie
    #[arg(required_if_eq_any(READ_FROM_FILES))]
    pub(crate) files: Vec<PathBuf>,
    /// Adresse FHIR de ce serveur, sous laquelle les modèles de saisie sont nommés
    #[arg(long, value_name = "URL", required_if_eq("register", "modeles"))]
    pub(crate) base: Option<String>,
    /// Dossier des données
    #[arg(long, env = "ROR_DATA")]
    pub(crate) data: PathBuf,
    /// Lit et rend compte, sans rien écrire
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Fichier où écrire toutes les constatations (CSV)
    #[arg(long)]
    pub(crate) report: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Register {
    /// Ressources FHIR : JSON, Bundle ou NDJSON
    Fhir,
    /// Extractions ouvertes de FINESS
    Finess,
    /// Statistique annuelle des établissements, avec les positions des hôpitaux
    Sae,
    /// Code officiel géographique
    Cog,
    /// Paquet FHIR (.tgz) de nomenclatures plus récentes
    Package,
    /// Modèles de saisie proposés par ce programme
    Modeles,
}

#[derive(Args, Debug)]
pub(crate) struct Synth {
    /// Taille du territoire
    #[arg(long, value_enum, default_value_t)]
    pub(crate) scale: Scale,
    /// Graine : la même donne les mêmes fichiers
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Dossier où écrire
    #[arg(long)]
    pub(crate) out: PathBuf,
    /// Jour de référence (AAAA-MM-JJ) ; aujourd'hui par défaut
    #[arg(long)]
    pub(crate) date: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Client {
    /// Inscrit un logiciel ; écrit en JSON son identifiant et, s'il en a un, son secret
    Add(Box<ClientAdd>),
    /// Révoque un logiciel : ses jetons sont refusés dans les deux secondes
    Revoke(ClientRevoke),
}

#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a right given on its own (D81)")]
pub(crate) struct ClientAdd {
    /// Nom du logiciel
    pub(crate) name: String,
    /// Profil d'accès, de 0 à 5
    #[arg(long)]
    pub(crate) profile: u8,
    /// Écrit les ressources : « national », ou un fichier d'établissements (FINESS, un par ligne)
    #[arg(long, value_name = "national|FICHIER")]
    pub(crate) write: Option<PathBuf>,
    /// Fournit les lits des établissements de --establishments
    #[arg(long, requires = "establishments")]
    pub(crate) provider: bool,
    /// Fichier d'établissements (FINESS ou idNat_Struct, un par ligne)
    #[arg(long, requires = "provider")]
    pub(crate) establishments: Option<PathBuf>,
    /// Peut abaisser un niveau de confidentialité
    #[arg(long)]
    pub(crate) declassify: bool,
    /// Écrit les modèles de saisie
    #[arg(long)]
    pub(crate) templates: bool,
    /// Traite les anomalies
    #[arg(long)]
    pub(crate) quality: bool,
    /// Lit les traces des appels (AuditEvent)
    #[arg(long)]
    pub(crate) audit: bool,
    /// N'écrit jamais, même en bac à sable
    #[arg(long)]
    pub(crate) read_only: bool,
    #[command(flatten)]
    pub(crate) proof: ClientProof,
    /// Dossier des données
    #[arg(long, env = "ROR_DATA")]
    pub(crate) data: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct ClientRevoke {
    /// Identifiant du logiciel (client_id)
    pub(crate) client_id: String,
    /// Dossier des données
    #[arg(long, env = "ROR_DATA")]
    pub(crate) data: PathBuf,
}

/// How the client proves who it is; a secret when nothing is said.
#[derive(Args, Debug)]
pub(crate) struct ClientProof {
    /// Certificat du logiciel (PEM ou DER) : son sujet entier est retenu, et vaut pour ses renouvellements
    #[arg(long, value_name = "FICHIER", group = "proof")]
    pub(crate) certificate: Option<PathBuf>,
    /// Sujet entier du certificat, comme l'écrit « openssl x509 -noout -subject -nameopt RFC2253 »
    #[arg(long, value_name = "SUJET", group = "proof")]
    pub(crate) certificate_subject: Option<String>,
    /// Nom DNS parmi les autres noms du certificat, sans joker
    #[arg(long, value_name = "NOM", group = "proof")]
    pub(crate) certificate_dns: Option<String>,
    /// Empreinte SHA-256 d'un seul certificat (64 chiffres hexadécimaux) : à refaire à chaque renouvellement
    #[arg(long, value_name = "EMPREINTE", group = "proof")]
    pub(crate) certificate_thumbprint: Option<String>,
    /// Autorité qui doit garantir ce certificat (PEM ou DER), la plus haute de celles de la configuration :
    /// nécessaire quand le serveur en admet plusieurs, puisque chacune peut donner le même nom à un autre
    #[arg(long, value_name = "FICHIER", conflicts_with = "issuer")]
    pub(crate) certificate_authority: Option<PathBuf>,
    /// Émetteur configuré qui donne ses jetons à ce logiciel
    #[arg(long, value_name = "EMETTEUR", group = "proof", requires = "issuer_client")]
    pub(crate) issuer: Option<String>,
    /// Son nom chez cet émetteur (azp ou client_id)
    #[arg(long, value_name = "NOM", requires = "issuer")]
    pub(crate) issuer_client: Option<String>,
    /// Exige le certificat à chaque appel, pas seulement à la demande de jeton
    #[arg(long, requires = "proof")]
    pub(crate) bound: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// Remplace la clé de signature ; l'ancienne vérifie encore les jetons qu'elle a signés
    Rotate(KeysRotate),
}

#[derive(Args, Debug)]
pub(crate) struct KeysRotate {
    /// Clé volée : la nouvelle signe aussitôt, et tous les jetons en circulation sont refusés
    #[arg(long)]
    pub(crate) urgent: bool,
    /// Dossier des données
    #[arg(long, env = "ROR_DATA")]
    pub(crate) data: PathBuf,
}

/// How findings are told.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum Format {
    /// Une ligne par constat
    #[default]
    Text,
    /// Une liste JSON
    Json,
    /// SARIF 2.1.0, pour les éditeurs et l'intégration continue
    Sarif,
}

#[derive(Args, Debug)]
#[command(
    after_help = "Code de retour : 0 aucune erreur ; 1 des erreurs ; 2 un fichier illisible, ou rien à vérifier."
)]
pub(crate) struct Validate {
    /// Ressource, Bundle ou NDJSON ; ou dossiers dont tous les fichiers sont lus
    #[arg(required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// Sans tolérance : à la lettre du guide
    #[arg(long)]
    pub(crate) strict: bool,
    /// Forme des constats
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// Who a person is.
#[derive(Args, Debug)]
pub(crate) struct PersonName {
    /// Numéro national, comme Pro Santé Connect le donne : 8 puis le numéro RPPS
    #[arg(long, value_name = "NUMÉRO", conflicts_with_all = ["issuer", "subject"])]
    pub(crate) national_id: Option<String>,
    /// Fournisseur d'identité (son « issuer »)
    #[arg(long, requires = "subject")]
    pub(crate) issuer: Option<String>,
    /// Compte chez ce fournisseur (son « sub »)
    #[arg(long, requires = "issuer")]
    pub(crate) subject: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Person {
    /// Donne une habilitation ; écrit son numéro
    Give {
        #[command(flatten)]
        who: PersonName,
        /// Nom de la personne, si elle ne s'est jamais connectée
        #[arg(long, default_value = "")]
        name: String,
        /// Code du profil : ADMIN_NAT, RESP_OFFRE_STRUCT…
        #[arg(long)]
        profile: String,
        /// Périmètre : nation, own, ou genre:codes (region:84, eg:010000024,010000032)
        #[arg(long, default_value = "nation")]
        scope: String,
        /// Dossier des données
        #[arg(long, env = "ROR_DATA")]
        data: PathBuf,
    },
    /// Retire une habilitation, par son numéro ; la session en cours s'arrête aussitôt
    End {
        /// Numéro de l'habilitation
        right: String,
        /// Dossier des données
        #[arg(long, env = "ROR_DATA")]
        data: PathBuf,
    },
    /// Liste les habilitations d'une personne
    List {
        #[command(flatten)]
        who: PersonName,
        /// Dossier des données
        #[arg(long, env = "ROR_DATA")]
        data: PathBuf,
    },
}

#[derive(Args, Debug)]
pub(crate) struct Check {
    /// Dossier des données
    #[arg(long, env = "ROR_DATA")]
    pub(crate) data: PathBuf,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}

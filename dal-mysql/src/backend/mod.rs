//! [`Service`] on MySQL.

mod children;
mod columns;
mod condition;
mod decode;
mod encode;
mod keys;
mod op;
mod page;
mod path;
mod run;
mod sql;
mod table;

use std::sync::Arc;

use async_trait::async_trait;
use dal_traits::model::{Entity, Model};
use dal_traits::op::{Op, Reply};
use dal_traits::{Capability, Error, ErrorKind, OpCx, Result, Service};
use sqlx::mysql::MySqlPool;

use crate::client::MySql;
use crate::pool::pool_options;
use table::Table;

/// The records of a [`Model`] in the tables of MySQL that it was compiled against.
///
/// It has sessions of its own, with the application's connect options: `utf8mb4`, the time zone UTC,
/// and a strict mode and `NO_AUTO_VALUE_ON_ZERO` beside the modes that the application's sessions
/// have. It reads columns as they are stored, and converts them in Rust.
///
/// What a path finds follows the collation of its columns, unless the contract says that it compares
/// exactly; conditions and filters compare texts by bytes whatever the collation. Records whose
/// columns that order a path are NULL are not found by a query of it.
///
/// An insert without an id gets one from `AUTO_INCREMENT`. There is no next id without an insert:
/// [`Op::NextId`] is [`Unsupported`](ErrorKind::Unsupported).
///
/// ```no_run
/// use std::sync::Arc;
///
/// use dal_mysql::MySqlBackend;
/// use dal_traits::model::Model;
/// use dal_traits::store::Store;
///
/// async fn open(model: Arc<Model>) -> dal_traits::Result<Store> {
///     let db = dal_mysql::connect("mysql://shop@localhost/shop").await?;
///     Ok(Store::open(MySqlBackend::new(&db, model)))
/// }
/// ```
pub struct MySqlBackend {
    db: MySql,
    model: Arc<Model>,
    /// One for each entity, or why there is none.
    tables: Vec<Result<Table, String>>,
}

const CAPABILITY: Capability = Capability {
    backend: "mysql",
    generates_ids: true,
    strong_indexes: true,
    max_record_bytes: None,
};

impl MySqlBackend {
    /// A backend for `model` in the database of `mysql`, with its retry policy and as many
    /// connections. It opens none yet. Call it in a runtime of tokio.
    ///
    /// An entity that it cannot carry refuses every operation; [`refused`](Self::refused) lists them.
    pub fn new(mysql: &MySql, model: Arc<Model>) -> Self {
        let entities = model.entities.iter();
        Self {
            db: mysql.on(sessions(mysql)),
            tables: entities.map(|entity| Table::new(&model, entity)).collect(),
            model,
        }
    }

    /// The entities that it cannot carry, each with the reason.
    pub fn refused(&self) -> impl Iterator<Item = (&Entity, &str)> {
        let both = self.model.entities.iter().zip(&self.tables);
        both.filter_map(|(entity, table)| Some((&**entity, table.as_ref().err()?.as_str())))
    }

    /// Closes its connections, once the calls that run have ended.
    pub async fn close(&self) {
        self.db.pool().close().await;
    }

    fn table(&self, entity: &Entity) -> Result<&Table> {
        match self.tables.get(entity.place) {
            Some(Ok(table)) if table.entity.name == entity.name => Ok(table),
            Some(Err(why)) => Err(Error::new(ErrorKind::Unsupported, why.as_str())),
            _ => {
                let message = "the entity is of another model than the backend was opened with";
                Err(Error::new(ErrorKind::Unsupported, message))
            }
        }
    }

    async fn carry_out(&self, op: Op) -> Result<Reply> {
        let table = match (op.entity(), &op) {
            (Some(entity), _) => self.table(entity)?,
            (None, Op::Transact(transact)) => return op::transact::run(self, transact).await,
            (None, _) => return Err(unknown()),
        };
        if let Some(write) = children::Write::of(table, &op)? {
            return write.alone(self).await;
        }
        match op {
            Op::Get(get) => op::get::run(self, table, &get).await,
            Op::GetMany(get) => op::get_many::run(self, table, &get.keys).await,
            Op::Query(query) => op::query::run(self, table, &query).await,
            Op::Scan(scan) => op::scan::run(self, table, &scan).await,
            Op::Insert(insert) => op::insert::run(self, table, &insert.record).await,
            Op::Put(put) => op::put::run(self, table, &put.record).await,
            Op::Update(update) => op::update::run(self, table, &update).await,
            Op::Delete(delete) => op::delete::run(self, table, &delete).await,
            Op::NextId(_) => Err(op::ids::next()),
            Op::PassId(pass) => op::ids::pass(self, table, pass.id).await,
            _ => Err(unknown()),
        }
    }
}

fn unknown() -> Error {
    let message = "this operation is not built for MySQL";
    Error::new(ErrorKind::Unsupported, message)
}

impl std::fmt::Debug for MySqlBackend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MySqlBackend").finish_non_exhaustive()
    }
}

#[async_trait]
impl Service for MySqlBackend {
    fn model(&self) -> &Arc<Model> {
        &self.model
    }

    fn capability(&self) -> &Capability {
        &CAPABILITY
    }

    async fn call(&self, cx: &OpCx, op: Op) -> Result<Reply> {
        let (name, entity) = (op.name(), op.entity().cloned());
        let carried_out = cx.clone().scope(self.carry_out(op)).await;
        carried_out.map_err(|error| {
            let error = error.backend("mysql").operation(name);
            match entity {
                Some(entity) => error.entity(entity.name.as_str()),
                None => error,
            }
        })
    }
}

/// A pool with the application's connect options and number of connections, whose sessions are
/// those of `Store`.
fn sessions(mysql: &MySql) -> MySqlPool {
    let given = mysql.pool().options();
    let session = mysql.session();
    let kept: Arc<[String; 2]> = [session.isolation.clone(), session.sql_mode.clone()].into();
    let options = (*mysql.pool().connect_options())
        .clone()
        .set_names(true)
        .charset("utf8mb4")
        .collation("utf8mb4_0900_bin")
        .timezone(String::from("+00:00"));
    pool_options()
        .max_connections(given.get_max_connections())
        .acquire_timeout(given.get_acquire_timeout())
        .idle_timeout(given.get_idle_timeout())
        .max_lifetime(given.get_max_lifetime())
        .after_connect(move |connection, _| {
            let kept = kept.clone();
            Box::pin(async move {
                let [isolation, modes] = &*kept;
                let set = sqlx::query(sql::SESSION).bind(isolation).bind(modes);
                set.execute(connection).await.map(|_| ())
            })
        })
        .connect_lazy_with(options)
}

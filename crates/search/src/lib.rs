//! Search parameters, the query language and the terms of a resource.

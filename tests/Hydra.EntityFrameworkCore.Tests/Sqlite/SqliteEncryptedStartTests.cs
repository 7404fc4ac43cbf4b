namespace Hydra.EntityFrameworkCore.Tests;

public sealed class SqliteEncryptedStartTests() : EncryptedStartTests(new SqliteDatabase());

namespace Hydra.EntityFrameworkCore.Tests;

public sealed class MySqlContextTransactionTests() : ContextTransactionTests(new MySqlDatabase());

using Hydra;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using MySqlConnector;

namespace Teller;

/// <summary>The bank's tables, in the engine's database.</summary>
internal sealed class BankContext(DbContextOptions<BankContext> options) : DbContext(options)
{
    public DbSet<Account> Accounts => Set<Account>();

    public DbSet<LedgerLine> Ledger => Set<LedgerLine>();

    /// <summary>Points a context to the database that a URL names.</summary>
    /// <param name="options">The context's options.</param>
    /// <param name="url">The database.</param>
    /// <param name="patience">How long a transaction waits for the write lock of a SQLite file.</param>
    public static void Use(DbContextOptionsBuilder options, string url, TimeSpan patience)
    {
        if (PostgreSqlUrl.TryRead(url) is { } postgreSql)
        {
            options.UseNpgsql(postgreSql.ConnectionString, static provider => provider.EnableRetryOnFailure());
        }
        else if (MySqlUrl.TryRead(url) is { } mySql)
        {
            var connection = new MySqlConnectionStringBuilder(mySql.ConnectionString) { AllowUserVariables = true };
            options.UseMySql(
                connection.ConnectionString,
                new MySqlServerVersion(new Version(8, 0, 11)), // Or MariaDB, of which nothing of its own is used.
                static provider => provider.EnableRetryOnFailure());
        }
        else
        {
            var connection = new SqliteConnectionStringBuilder
            {
                DataSource = DatabaseUrl.SqlitePath(url),
                DefaultTimeout = (int)Math.Ceiling(patience.TotalSeconds),
            };
            options.UseSqlite(connection.ConnectionString);
        }
    }

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Account>(account =>
        {
            account.ToTable("accounts");
            account.Property(static one => one.Id).HasColumnName("id").ValueGeneratedNever();
            account.Property(static one => one.Balance).HasColumnName("balance");
        });
        modelBuilder.Entity<LedgerLine>(line =>
        {
            line.ToTable("ledger").HasKey(static one => one.Receipt);
            line.Property(static one => one.Receipt).HasColumnName("receipt");
            line.Property(static one => one.Execution).HasColumnName("execution");
            line.Property(static one => one.Step).HasColumnName("step");
            line.Property(static one => one.Source).HasColumnName("source");
            line.Property(static one => one.Target).HasColumnName("target");
            line.Property(static one => one.Amount).HasColumnName("amount");
        });
    }
}

using Hydra;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;

namespace Orders;

/// <summary>The shop's tables, in the file that the engine is in.</summary>
public sealed class ShopContext(DbContextOptions<ShopContext> options) : DbContext(options)
{
    public DbSet<Order> Orders => Set<Order>();

    /// <summary>Creates the shop's tables, also beside those of the engine.</summary>
    /// <remarks><c>Database.EnsureCreatedAsync</c> creates none where there is any.</remarks>
    public async Task EnsureCreatedAsync()
    {
        var creator = this.GetService<IRelationalDatabaseCreator>();
        if (!await creator.ExistsAsync())
        {
            await creator.CreateAsync();
        }

        var tables = Database.SqlQuery<string>($"SELECT name AS Value FROM sqlite_master WHERE name = 'Orders'");
        if (!await tables.AnyAsync())
        {
            await creator.CreateTablesAsync();
        }
    }

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Order>().HasIndex(order => order.Number).IsUnique();
        modelBuilder.AddHydra(Database); // Last: starts are saved like entities, in tables that stay the engine's.
    }
}

using Hydra;
using Microsoft.EntityFrameworkCore;

namespace Orders;

/// <summary>The shop's tables, in the file that the engine is in.</summary>
public sealed class ShopContext(DbContextOptions<ShopContext> options) : DbContext(options)
{
    public DbSet<Order> Orders => Set<Order>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Order>().HasIndex(order => order.Number).IsUnique();
        modelBuilder.AddHydra(Database); // Last: starts are saved like entities, in tables that stay the engine's.
    }
}

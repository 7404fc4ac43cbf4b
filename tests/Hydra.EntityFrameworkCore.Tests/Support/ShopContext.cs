using Microsoft.EntityFrameworkCore;

namespace Hydra.EntityFrameworkCore.Tests;

/// <summary>A context of the user's, with starts among its entities.</summary>
public sealed class ShopContext(DbContextOptions<ShopContext> options) : DbContext(options)
{
    public DbSet<Order> Orders => Set<Order>();

    /// <summary>What is mapped, by the test's own options.</summary>
    public ShopTables Tables => Options.FindExtension<ShopTables>()!;

    private DbContextOptions Options { get; } = options;

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Order>(order =>
        {
            order.ToTable(Tables.Orders);
            order.Property(one => one.Id).HasColumnName("id").ValueGeneratedNever();
            order.Property(one => one.Number).HasColumnName("number").HasMaxLength(100);
            order.Property(one => one.Quantity).HasColumnName("quantity");
            order.HasIndex(one => one.Number).IsUnique();
        });
        if (Tables.MapsStarts)
        {
            modelBuilder.AddHydra(Database, Tables.Place);
        }
    }
}

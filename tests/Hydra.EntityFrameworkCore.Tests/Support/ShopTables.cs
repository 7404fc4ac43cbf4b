using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.Extensions.DependencyInjection;

namespace Hydra.EntityFrameworkCore.Tests;

/// <summary>Where a context's tables are: an option of the context, so that each test has a model of its own.</summary>
/// <param name="Orders">The user's table.</param>
/// <param name="Place">The engine's.</param>
/// <param name="MapsStarts">Whether the model has the starts.</param>
public sealed record ShopTables(string Orders, string? Place, bool MapsStarts = true)
    : IDbContextOptionsExtension, IModelCacheKeyFactory
{
    public DbContextOptionsExtensionInfo Info => new ShopTablesInfo(this);

    public ShopTables()
        : this("", null)
    {
    }

    public object Create(DbContext context, bool designTime) => (((ShopContext)context).Tables, designTime);

    public void ApplyServices(IServiceCollection services) =>
        services.AddSingleton<IModelCacheKeyFactory, ShopTables>(static _ => new ShopTables());

    public void Validate(IDbContextOptions options)
    {
    }

    private sealed class ShopTablesInfo(ShopTables tables) : DbContextOptionsExtensionInfo(tables)
    {
        public override bool IsDatabaseProvider => false;

        public override string LogFragment => "";

        public override int GetServiceProviderHashCode() => 0;

        public override bool ShouldUseSameServiceProvider(DbContextOptionsExtensionInfo other) =>
            other is ShopTablesInfo;

        public override void PopulateDebugInfo(IDictionary<string, string> debugInfo)
        {
        }
    }
}

using Hydra.EntityFrameworkCore.Mapping;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Hydra;

/// <summary>Maps the starts of executions, so that a context saves them with its own entities.</summary>
public static class HydraModelBuilderExtensions
{
    private const string InMemory = "Microsoft.EntityFrameworkCore.InMemory";

    /// <summary>
    /// Maps the tables of the engine that a start goes into, for <see cref="HydraDbContextExtensions.With"/>.
    /// </summary>
    /// <remarks>
    /// Call it last in <see cref="DbContext.OnModelCreating"/>, so that conventions of yours leave it alone:
    /// <c>modelBuilder.AddHydra(Database)</c>. The tables stay the engine's: your migrations do not create or change
    /// them. For the in-memory provider, which has none, nothing is mapped.
    /// </remarks>
    /// <param name="modelBuilder">The model to be.</param>
    /// <param name="database">The context's own <see cref="DbContext.Database"/>, which tells its provider.</param>
    /// <param name="place">
    /// The schema of the engine's tables on PostgreSQL, what their names begin with on MySQL: as its options say, and
    /// by default "hydra" and "hydra_". SQLite has no choice.
    /// </param>
    /// <exception cref="NotSupportedException">There is no store for the database of that provider.</exception>
    public static ModelBuilder AddHydra(this ModelBuilder modelBuilder, DatabaseFacade database, string? place = null)
    {
        ArgumentNullException.ThrowIfNull(modelBuilder);
        ArgumentNullException.ThrowIfNull(database);
        if (StartSchema.Of(database.ProviderName) is not { } schema)
        {
            return database.ProviderName == InMemory
                ? modelBuilder
                : throw new NotSupportedException(
                    $"The engine keeps no executions in databases of {database.ProviderName}. It does in PostgreSQL, "
                    + "MySQL, MariaDB and SQLite.");
        }

        foreach (var table in schema.Tables)
        {
            modelBuilder.SharedTypeEntity<Dictionary<string, object>>(
                table.Entity, entity => Map(entity, table, schema, place ?? schema.DefaultPlace));
        }

        return modelBuilder;
    }

    private static void Map(
        EntityTypeBuilder<Dictionary<string, object>> entity, StartTable table, StartSchema schema, string place)
    {
        entity.ToTable(
            schema.NameIn(place, table), schema.SchemaIn(place), static builder => builder.ExcludeFromMigrations());
        foreach (var column in table.Columns)
        {
            entity.IndexerProperty(column.Type, column.Name).HasColumnName(column.Name).ValueGeneratedNever();
        }

        if (table.Number is { } number)
        {
            entity.IndexerProperty<long>(number).HasColumnName(number).ValueGeneratedOnAdd();
        }

        if (table.NumberOfExecution is { } reference)
        {
            entity.IndexerProperty<ExecutionNumber>(reference).HasColumnName(reference).ValueGeneratedNever()
                .HasConversion(static number => number.ToText(), static _ => ExecutionNumber.Unknown);
        }

        entity.HasKey(table.Key);
    }
}

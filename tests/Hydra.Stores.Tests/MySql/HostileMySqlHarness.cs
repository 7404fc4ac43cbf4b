using Hydra.MySql;
using Hydra.Storage;

namespace Hydra.Stores.Tests;

/// <summary>
/// Stores on a server whose sessions begin with whatever breaks or falsifies statements. All cases use the same tables,
/// each in namespaces of its own.
/// </summary>
public sealed class HostileMySqlHarness(string connectionString) : StoreHarness
{
    private readonly string _case = Guid.NewGuid().ToString("N");

    public static string Settings =>
        """
        SET GLOBAL sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT', GLOBAL autocommit = 0,
            GLOBAL completion_type = 'CHAIN', GLOBAL sql_select_limit = 1, GLOBAL max_join_size = 1,
            GLOBAL sql_safe_updates = 1, GLOBAL sql_auto_is_null = 1, GLOBAL time_zone = '+13:00',
            GLOBAL innodb_lock_wait_timeout = 1;
        SET GLOBAL TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY
        """;

    public static string UsualSettings =>
        """
        SET GLOBAL sql_mode = DEFAULT, GLOBAL autocommit = 1, GLOBAL completion_type = DEFAULT,
            GLOBAL sql_select_limit = DEFAULT, GLOBAL max_join_size = DEFAULT, GLOBAL sql_safe_updates = 0,
            GLOBAL sql_auto_is_null = 0, GLOBAL time_zone = DEFAULT, GLOBAL innodb_lock_wait_timeout = DEFAULT;
        SET GLOBAL TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ WRITE
        """;

    public override int ModelRuns => 1;

    public override bool HasSchema => false;

    public override StoreHarness CreateAnother() => new HostileMySqlHarness(connectionString);

    protected override Task<IWorkflowStore> CreateStoreAsync(string @namespace) =>
        Task.FromResult<IWorkflowStore>(new MySqlWorkflowStore(
            connectionString, new MySqlStoreOptions(), $"{@namespace}-{_case}", Clock));

    protected override Task DropAsync() => Task.CompletedTask;
}

"""OpsGenie and JSM Operations: their API's JSON, and the folder of OpsGenie's backup tool.

After https://docs.opsgenie.com/docs/schedule-api with its neighbours, the OpenAPI document of
https://github.com/opsgenie/opsgenie-oas, https://github.com/opsgenie/opsgenie-configuration-backup
and https://developer.atlassian.com/cloud/jira/service-desk-ops/rest/v2/. All rotations of a
schedule are on at once.
"""

from setflow.importing.opsgenie.desk import Desk

__all__ = ["Desk"]
